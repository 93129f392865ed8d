import { expect, test } from "vitest";
import { wilson95 } from "./wilson.ts";

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
