import { describe, expect, it } from "vitest";
import {
  halfOfTheWay,
  meanLogStrength,
  strengthReaching,
} from "./strength-needed.ts";

const curve = (...points: [strength: number, power: number][]) =>
  points.map(([strength, power]) => ({ strength, power }));

describe("the mean log strength needed", () => {
  it("is that of the smallest strength where all images are moved by it", () => {
    expect(meanLogStrength(curve([2, 1], [8, 1]))).toBeCloseTo(Math.log(2), 12);
  });

  it("is that of the greatest where none is ever moved", () => {
    expect(meanLogStrength(curve([2, 0], [4, 0], [32, 0]))).toBeCloseTo(
      Math.log(32),
      12,
    );
  });

  it("lies between where the curve rises", () => {
    const value = meanLogStrength(curve([1, 0], [10, 1]));
    expect(value).toBeCloseTo(Math.log(10) / 2, 12);
  });
});

it("the strength that reaches a threshold is the first, or none", () => {
  const rising = curve([2, 0.1], [4, 0.92], [8, 0.99]);
  expect(strengthReaching(rising, 0.9)).toBe(4);
  expect(strengthReaching(rising, 0.995)).toBeNull();
});

it("half of the way is beyond the base rate, and the end where nothing is moved", () => {
  expect(halfOfTheWay(curve([1, 0.3], [2, 0.5], [4, 0.9]), 0.3)).toBe(2);
  expect(halfOfTheWay(curve([1, 0.3], [2, 0.7], [4, 0.9]), 0.3)).toBe(1);
  // A change may even help a model that is often wrong.
  expect(halfOfTheWay(curve([1, 0.35], [2, 0.38]), 0.4)).toBe(1);
});
