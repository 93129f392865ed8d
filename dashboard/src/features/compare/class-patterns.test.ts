import { expect, test } from "vitest";
import { noRows, placeKey, type PatternRow } from "../gallery/pattern-rows.ts";
import { bestOfClass, differenceOf } from "./class-patterns.ts";

const pattern = (
  canvasIndex: number,
  kStar: number | null,
  power: number,
): PatternRow => ({
  ...{ targetClass: 3, canvasIndex, seed: 0, kStar },
  id: String(canvasIndex),
  maskL1: 0,
  n: 100,
  baseRate: 0,
  power: [power],
  low: [power - 0.1],
  high: [power + 0.05],
});
const best = (...patterns: readonly PatternRow[]) =>
  bestOfClass(
    {
      ...noRows,
      byPlace: new Map(patterns.map((one) => [placeKey(one), one])),
    },
    3,
  )?.id;

test("the best pattern of a class needs the fewest pixels; where none reaches the threshold it has the most power", () => {
  expect(best(pattern(0, 9, 0.9), pattern(1, 4, 0.5))).toBe("1");
  expect(best(pattern(0, null, 0.9), pattern(1, 400, 0.1))).toBe("1");
  expect(best(pattern(0, null, 0.2), pattern(1, null, 0.3))).toBe("1");
  expect(best()).toBeUndefined();
});

test("a difference has an interval from both, Newcombe's", () => {
  // 56 of 70 against 48 of 80: 0.2, interval 0.0524…0.3339 (Newcombe 1998, table II, example a, method 10).
  const [a, b] = [
    { ...pattern(0, null, 0.8), low: [0.6918], high: [0.8774] },
    { ...pattern(0, null, 0.6), low: [0.4903], high: [0.7004] },
  ];
  const difference = differenceOf(a, 0, b, 0)!;
  expect(difference.value).toBeCloseTo(0.2, 10);
  expect(difference.halfWidth).toBeCloseTo(0.2 - 0.0524, 3);
  expect(differenceOf(a, 1, b, 0)).toBeNull();
});
