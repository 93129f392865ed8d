/* global document, location, localStorage, addEventListener */
// Comfort on top of a page that works without it: sorting, finding, keys, and a remembered theme.
"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  for (const field of all(".scripted")) field.hidden = false;

  // The theme is remembered where the browser lets a file do so.
  const themes = all('input[name="theme"]');
  const remember = (action) => {
    try {
      return action();
    } catch {
      return null;
    }
  };
  const stored = remember(() => localStorage.getItem("motif-theme"));
  for (const theme of themes) {
    if (theme.value === stored) theme.checked = true;
    theme.addEventListener("change", () =>
      remember(() => localStorage.setItem("motif-theme", theme.value)),
    );
  }

  // A tile and its detail move together.
  const list = document.querySelector("ul.gallery, tbody.gallery");
  if (list === null) return;
  const tiles = all("[data-class]");
  const detailOf = (tile) =>
    document.querySelector(`.detail[data-of="${tile.dataset.class}"]`);
  const number = (tile, name) =>
    tile.dataset[name] === "" ? Infinity : Number(tile.dataset[name]);
  const orders = {
    class: (a, b) => number(a, "class") - number(b, "class"),
    power: (a, b) =>
      number(b, "power") - number(a, "power") || orders.class(a, b),
    star: (a, b) => {
      const [first, second] = [number(a, "star"), number(b, "star")];
      return first === second ? orders.power(a, b) : first - second;
    },
    difference: (a, b) =>
      number(b, "difference") - number(a, "difference") || orders.class(a, b),
  };
  const sort = document.querySelector("#sort");
  sort?.addEventListener("change", () => {
    tiles.sort(orders[sort.value]);
    for (const tile of tiles) {
      list.append(tile);
      const detail = detailOf(tile);
      if (detail !== null) list.append(detail);
    }
  });

  const find = document.querySelector("#find");
  find?.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    let isNothing = true;
    for (const tile of tiles) {
      const name = tile.querySelector("bdi").textContent.toLowerCase();
      tile.hidden = !name.includes(wanted);
      if (!tile.hidden) isNothing = false;
    }
    document.querySelector("#nothing-found").hidden = !isNothing;
  });

  // Escape closes an open detail and goes back to its tile; the arrows lead to its neighbours.
  const opened = () => document.querySelector(".detail:target");
  const goTo = (address) => {
    location.hash = address;
    const target = document.querySelector(address);
    const link = target?.matches("a") ? target : target?.querySelector("a");
    link?.focus({ preventScroll: true });
  };
  addEventListener("keydown", (event) => {
    const detail = opened();
    if (detail === null || event.altKey || event.ctrlKey || event.metaKey)
      return;
    if (event.target.matches("input, select, summary, [tabindex]")) return;
    if (event.key === "Escape") goTo(`#tile-${detail.dataset.of}`);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const at = tiles.findIndex((tile) => detailOf(tile) === detail);
    const neighbour = tiles[at + step];
    if (step !== undefined && neighbour !== undefined)
      goTo(`#class-${neighbour.dataset.class}`);
  });
})();
