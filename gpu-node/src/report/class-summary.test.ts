import { describe, expect, it } from "vitest";
import { pattern, power, result } from "./check-pattern.ts";
import {
  className,
  median,
  powerNear,
  summarizeClasses,
} from "./class-summary.ts";

const withPower = (share: number) => [power(10, 0.2), power(50, share)];

describe("summarizeClasses", () => {
  it("takes the pattern with the most power at 5%, and reports its power at 1% beside", () => {
    const weak = pattern();
    const strong = pattern({
      canvasIndex: 1,
      predictivePower: [power(10, 0.15), power(50, 0.7)],
    });
    const [summary] = summarizeClasses(result([weak, strong]));
    expect(summary.best).toBe(strong);
    expect(summary.power.power).toBe(0.7);
    expect(summary.smallPower.power).toBe(0.15);
  });

  it("breaks ties by the smaller k*, infinite ones last, then by canvas and seed", () => {
    const same = { predictivePower: withPower(0.6) };
    const infinite = pattern({ ...same, canvasIndex: 0, kStar: null });
    const large = pattern({ ...same, canvasIndex: 1, kStar: 50 });
    const small = pattern({ ...same, canvasIndex: 2, kStar: 10 });
    const later = pattern({ ...same, canvasIndex: 2, seed: 1, kStar: 10 });
    const best = (...patterns: (typeof small)[]) =>
      summarizeClasses(result(patterns))[0].best;
    expect(best(infinite, large, later, small)).toBe(small);
    expect(best(infinite, large)).toBe(large);
    expect(best(later, small)).toBe(small);
  });

  it("lists classes in order, leaves out those without a pattern, and does not reorder the result", () => {
    const patterns = [
      pattern({ targetClass: 2, canvasIndex: 1 }),
      pattern({ targetClass: 2, canvasIndex: 0 }),
      pattern({ targetClass: 0 }),
    ];
    const given = [...patterns];
    const summaries = summarizeClasses(result(patterns));
    expect(summaries.map(({ classIndex, name }) => [classIndex, name])).toEqual(
      [
        [0, "cat"],
        [2, "bird"],
      ],
    );
    expect(summaries[1].patterns.map((one) => one.canvasIndex)).toEqual([0, 1]);
    expect(patterns).toEqual(given);
    expect(summarizeClasses(result([]))).toEqual([]);
  });
});

describe("powerNear", () => {
  it("takes the nearest point, and the smaller of two equally near", () => {
    const curve = [power(10, 0.1), power(20, 0.2), power(50, 0.5)];
    expect(powerNear(curve, 0.05).k).toBe(50);
    expect(powerNear(curve, 0.015).k).toBe(10);
    expect(powerNear(curve, 0.9).k).toBe(50);
  });

  it("refuses a curve without points", () => {
    expect(() => powerNear([], 0.05)).toThrow(RangeError);
  });
});

describe("median", () => {
  it("is the middle, or the mean of the two middle values, whatever the order", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([1, Infinity, Infinity])).toBe(Infinity);
    expect(median([1, 2, Infinity])).toBe(2);
    expect(median([])).toBeNaN();
  });
});

it("a class without a name is called by its number", () => {
  expect(className(result([]), 1)).toBe("dog");
  expect(className(result([]), 7)).toBe("class 7");
});
