import { expect, test } from "vitest";
import { curveSizes, kStar, rankPixels, wilson95 } from "./predictive-power.ts";

test("wilson95 agrees with published values for 8 of 10", () => {
  const [low, high] = wilson95(8, 10);
  expect(low).toBeCloseTo(0.4902, 4);
  expect(high).toBeCloseTo(0.9433, 4);
});

test("wilson95 stays inside 0…1 and touches the ends only when all or none succeed", () => {
  expect(wilson95(0, 20)[0]).toBe(0);
  expect(wilson95(20, 20)[1]).toBe(1);
  expect(wilson95(0, 20)[1]).toBeGreaterThan(0.1);
  expect(wilson95(0, 0)).toEqual([0, 1]);
  expect(() => wilson95(3, 2)).toThrow(RangeError);
});

test("kStar is the smallest size that reaches the threshold, or null", () => {
  const curve = [{ k: 2, power: 0.1 }, { k: 5, power: 0.92 }, { k: 10, power: 0.91 }];
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
