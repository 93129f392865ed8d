import { expect, test } from "vitest";
import { parseClasses, plannedSearchOf } from "./planned-search.ts";

test("what a job set out to search is read from its parameters", () => {
  expect(
    plannedSearchOf({
      parameters: {
        classes: "0,3-5",
        seed: 7,
        threshold: 0.5,
        settings: { canvases: 2, seeds: 2, canvasSource: "free" },
      },
    }),
  ).toEqual({
    canvases: [0, 1],
    seeds: [7, 8],
    classes: new Set([0, 3, 4, 5]),
    threshold: 0.5,
    canvasSource: "free",
  });
  expect(
    plannedSearchOf({
      parameters: { canvasIndex: 4, settings: { canvases: 9 } },
    }).canvases,
  ).toEqual([4]);
  expect(plannedSearchOf({ parameters: {} }).classes).toBeNull();
});

test("nonsense names no class, and no range takes all memory", () => {
  for (const text of ["", "x", "5-3", "0-99999999999"])
    expect([text, [...(parseClasses(text) ?? [])]]).toEqual([
      text,
      text === "" ? [0] : [],
    ]);
});
