import { expect, test } from "vitest";
import { confidenceOf, expectedCalibrationError } from "./calibration.ts";

test("the calibration error is the bins' distances, weighted by their images", () => {
  // Bins of 1/15: 0.95, 0.98 and 1 are in the last, (14/15, 1]; 0.5 and 0.52 in the eighth, (7/15, 8/15].
  const confidences = [0.95, 0.98, 1, 0.5, 0.52];
  const isRight = [true, false, true, true, false];
  const last = (3 / 5) * Math.abs(2 / 3 - 2.93 / 3);
  const eighth = (2 / 5) * Math.abs(1 / 2 - 1.02 / 2);
  expect(expectedCalibrationError(confidences, isRight)).toBeCloseTo(
    last + eighth,
    12,
  );
});

test("a bin holds its upper end: 7/15 is apart from what is just above", () => {
  const confidences = [7 / 15, 7 / 15 + 1e-6];
  const apart = (1 - 7 / 15 + (7 / 15 + 1e-6)) / 2;
  expect(expectedCalibrationError(confidences, [true, false])).toBeCloseTo(
    apart,
    12,
  );
});

test("whoever is as often right as sure is calibrated, and nothing is an error of 0", () => {
  const isRight = [true, true, true, false];
  expect(expectedCalibrationError([0.75, 0.75, 0.75, 0.75], isRight)).toBe(0);
  expect(expectedCalibrationError([], [])).toBe(0);
});

test("confidence is the softmax of the largest logit, at any size of logits", () => {
  const logits = Float32Array.of(0, Math.log(3), 0);
  expect(confidenceOf(logits)).toBeCloseTo(3 / 5, 6);
  expect(confidenceOf(Float32Array.of(3e38, 0))).toBe(1);
});
