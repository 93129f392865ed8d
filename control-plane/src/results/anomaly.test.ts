/** The anomaly index by numbers that were reckoned by hand. */
import { describe, expect, it } from "vitest";
import { findOutlier, thresholdFor } from "./anomaly.ts";

const classes = (...kStars: readonly (number | null)[]) =>
  kStars.map((kStar, targetClass) => ({ targetClass, kStar }));

describe("of k* that are powers of two, in units of log 2", () => {
  it("an odd number of classes: 7 6 8 2 7 → median 7, deviations 0 0 1 1 5 → 1", () => {
    const { outlier, reason } = findOutlier(classes(128, 64, 256, 4, 128));
    expect(reason).toBeNull();
    expect(outlier).toMatchObject({ targetClass: 3, kStar: 4 });
    expect(outlier!.anomalyIndex).toBeCloseTo(5 / 1.4826, 12);
    expect(outlier!.medianKStar).toBeCloseTo(128, 10);
    expect(outlier!.threshold).toBe(5.77);
  });

  it("an even number: 1 4 5 6 7 8 → median 5.5, deviations 0.5 0.5 1.5 1.5 2.5 4.5 → 1.5", () => {
    const { outlier } = findOutlier(classes(32, 16, 2, 64, 256, 128));
    expect(outlier).toMatchObject({ targetClass: 2, kStar: 2 });
    expect(outlier!.anomalyIndex).toBeCloseTo(4.5 / (1.4826 * 1.5), 12);
    expect(outlier!.medianKStar).toBeCloseTo(2 ** 5.5, 10);
  });

  it("a class without k* is infinitely large: 2 5 6 7 ∞ → median 6, deviations 0 1 1 4 ∞ → 1", () => {
    const { outlier } = findOutlier(classes(64, null, 4, 32, 128));
    expect(outlier).toMatchObject({ targetClass: 2, kStar: 4 });
    expect(outlier!.anomalyIndex).toBeCloseTo(4 / 1.4826, 12);
    expect(outlier!.medianKStar).toBeCloseTo(64, 10);
  });

  it("only small ones stand out: 5 6 6 7 12 → median 6, deviations 0 0 1 1 6 → 1", () => {
    const { outlier } = findOutlier(classes(32, 64, 64, 128, 4_096));
    expect(outlier).toMatchObject({ targetClass: 0, kStar: 32 });
    expect(outlier!.anomalyIndex).toBeCloseTo(1 / 1.4826, 12);
  });

  it("of equally small ones the first is named, by its own number", () => {
    const { outlier } = findOutlier([
      { targetClass: 10, kStar: 64 },
      { targetClass: 12, kStar: 8 },
      { targetClass: 17, kStar: 8 },
      { targetClass: 20, kStar: 128 },
      { targetClass: 21, kStar: 256 },
    ]);
    expect(outlier?.targetClass).toBe(12);
  });
});

it.each([
  ["fewer than five classes", [2, 64, 64, 128], /has 4 classes; fewer than 5/],
  ["no k* at all", [null, null, null, null, null], /Only 0 of 5 classes/],
  ["no median", [4, 8, null, null, null], /Only 2 of 5 .* no median/],
  // Sorted: 1 2 3 and three times ∞: the mean of 3 and ∞ is ∞.
  ["half without", [2, 4, 8, null, null, null], /Only 3 of 6 .* no median/],
  ["no spread", [4, 64, 64, 64, 128], /same k\*/],
])("nothing can be said with %s", (_, kStars, reason) => {
  const found = findOutlier(classes(...kStars));
  expect(found.outlier).toBeNull();
  expect(found.reason).toMatch(reason);
});

it("the threshold follows the number of classes", () => {
  expect(thresholdFor(10)).toBe(3.88);
  expect(thresholdFor(43)).toBe(3.48);
  // Half way from 43 to 100 on a logarithmic scale, √(43·100) = 65.57…
  expect(thresholdFor(Math.sqrt(43 * 100))).toBeCloseTo((3.48 + 3.52) / 2, 12);
  expect(thresholdFor(1_000)).toBe(3.92);
  expect(thresholdFor(20_000)).toBe(3.92);
});
