import { describe, expect, it } from "vitest";
import {
  areaUnderCurve,
  areaWithInterval,
  brierScore,
  crossEntropy,
  falsePositivesAt,
} from "./metrics.ts";

describe("the area under the curve", () => {
  it("is the share of pairs in order, ties half", () => {
    expect(areaUnderCurve([3, 2], [1, 2])).toBe(3.5 / 4);
    expect(areaUnderCurve([1], [1])).toBe(0.5);
    expect(areaUnderCurve([0], [1, 2])).toBe(0);
  });

  it("has an interval that few models leave wide, also where all are in order", () => {
    const few = areaWithInterval([2, 3, 4], [1, 0, 1]);
    expect(few.value).toBe(1);
    expect(few.high).toBe(1);
    expect(few.low).toBeGreaterThan(0.4);
    expect(few.low).toBeLessThan(0.9);
    const many = Array.from({ length: 60 }, (_, i) => i);
    const sure = areaWithInterval(
      many.map((each) => each + 100),
      many,
    );
    expect(sure.low).toBeGreaterThan(0.93);
  });

  it("has an interval that holds 0.5 where nothing is told apart", () => {
    const { low, value, high } = areaWithInterval([1, 2, 3, 4], [1, 2, 3, 4]);
    expect(value).toBe(0.5);
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(0.5);
    expect(low + high).toBeCloseTo(1, 6);
  });
});

it("certainty that is wrong costs most, and is bounded", () => {
  const judge = (probability: number, isPoisoned: boolean) => [
    { probability, isPoisoned },
  ];
  expect(crossEntropy(judge(0.5, true))).toBeCloseTo(Math.log(2), 12);
  expect(crossEntropy(judge(0, true))).toBeCloseTo(Math.log(1e6), 6);
  expect(brierScore(judge(0.2, true))).toBeCloseTo(0.64, 12);
});

it("false positives are counted where enough of the poisoned are found", () => {
  const poisoned = Array.from({ length: 20 }, (_, i) => i + 10);
  // Nineteen of twenty score 11 or more.
  expect(falsePositivesAt(0.95, poisoned, [10.5, 11, 12, 0])).toBe(0.5);
});
