import { expect, test } from "vitest";
import { curveSizes, kStar, rankPixels } from "./power-curve.ts";

test("kStar is the smallest size that reaches the threshold, or null", () => {
  const curve = [
    { k: 2, power: 0.1 },
    { k: 5, power: 0.92 },
    { k: 10, power: 0.91 },
  ];
  expect(kStar(curve)).toBe(5);
  expect(kStar(curve, 0.95)).toBeNull();
});

test("curve sizes of a 32×32 image are those of the recorded protocol", () => {
  expect(curveSizes(1024)).toEqual([3, 5, 10, 20, 51, 102]);
  expect(curveSizes(9)).toEqual([1]);
});

test("pixels rank by value, ties by index, and a NaN mask is refused", () => {
  expect([...rankPixels([0.5, 1, 0.5, 0])]).toEqual([1, 0, 2, 3]);
  expect(() => rankPixels([0, NaN])).toThrow(/diverged/);
});
