import { expect, test } from "vitest";
import { chosenText, parseChosenK, powerAt } from "./chosen-k.ts";

test("an address names a measured size, or each pattern's own", () => {
  const ks = [2, 5, 10, 20];
  for (const k of ks) expect(ks[Number(parseChosenK(`${k}`, ks))]).toBe(k);
  expect(parseChosenK("star", ks)).toBe("star");
  // The third where it says nothing, or nothing that was measured.
  for (const text of [undefined, "7", "x"])
    expect(parseChosenK(text, ks)).toBe(2);
  expect(parseChosenK("5", [])).toBe(0);
  expect(chosenText(1, ks)).toBe("5");
});

test("power is that at the size chosen, at k*, or at the largest where no size reaches the threshold", () => {
  const ks = [2, 5];
  const row = {
    ...{ targetClass: 0, canvasIndex: 0, seed: 0, id: "", maskL1: 0, n: 1 },
    baseRate: 0,
    kStar: 2,
    power: [0.9, 0.95],
    low: [0.8, 0.9],
    high: [0.95, null],
  };
  expect(powerAt(row, ks, 0)).toEqual({
    k: 2,
    power: 0.9,
    low: 0.8,
    high: 0.95,
  });
  expect(powerAt(row, ks, "star")?.k).toBe(2);
  expect(powerAt(row, ks, 1)).toBeNull();
  const whole = { ...row, high: [1, 1] };
  expect(powerAt({ ...whole, kStar: null }, ks, "star")?.k).toBe(5);
});
