import { describe, expect, it } from "vitest";
import {
  anomalyIndices,
  anomalyPValue,
  anomalyThreshold,
  medianOf,
} from "./anomaly-index.ts";

describe("the anomaly index", () => {
  it("is the distance below the median in deviations", () => {
    const indices = anomalyIndices([1, 2, 3, 4, -6])!;
    // Median 2, deviations 1, 0, 1, 2, 8: their median is 1.
    expect(indices[4]).toBeCloseTo(8 / 1.4826, 12);
    expect(indices[1]).toBe(0);
    expect(indices[3]).toBeCloseTo(-2 / 1.4826, 12);
  });

  it("takes the mean of the middle two of an even number", () => {
    expect(medianOf([4, 1, 3, 2])).toBe(2.5);
    expect(medianOf([7])).toBe(7);
  });

  it("has no scale where half of the classes have one score", () => {
    expect(anomalyIndices([5, 5, 5, 1])).toBeNull();
  });

  it("puts both of two classes equally far from the median", () => {
    const [a, b] = anomalyIndices([1, 100])!;
    expect(a).toBeCloseTo(-b, 12);
  });
});

describe("what chance makes of it", () => {
  it.each([
    [10, 3.84, 0.33],
    [43, 3.47, 0.64],
    [100, 3.52, 0.88],
  ])(
    "%i classes: the threshold is about %d, and above 2 are %d of the models",
    (classes, threshold, aboveTwo) => {
      expect(anomalyThreshold(classes)).toBeCloseTo(threshold, 0);
      expect(Math.abs(anomalyThreshold(classes) - threshold)).toBeLessThan(0.1);
      expect(Math.abs(anomalyPValue(2, classes) - aboveTwo)).toBeLessThan(0.02);
    },
  );

  it("is never said to be zero, and falls with the index", () => {
    expect(anomalyPValue(1e6, 10)).toBeGreaterThan(0);
    expect(anomalyPValue(6, 10)).toBeLessThan(anomalyPValue(3, 10));
    expect(anomalyPValue(anomalyThreshold(10), 10)).toBeCloseTo(0.05, 3);
  });

  it("asks for far more of three classes", () => {
    expect(anomalyThreshold(3)).toBeGreaterThan(anomalyThreshold(10));
  });
});
