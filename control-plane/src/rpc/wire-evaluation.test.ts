import type { EvaluateResult } from "@motif/proto";
import { describe, expect, test } from "vitest";
import { FieldViolation } from "./status.ts";
import { fromWireShardResult } from "./wire-shard-result.ts";

const half = { share: 0.5, n: 4, wilsonLow: 0.15, wilsonHigh: 0.85 };
const plainHalf = { share: 0.5, n: 4, wilson95: [0.15, 0.85] };
const attack = {
  ...{ attack: "pgd", norm: "linf", epsilon: 0.1, stepSize: 0.02 },
  ...{ pgdSteps: 20, apgdSteps: 100, apgdTargets: 9, squareQueries: 1_000 },
};
const result: EvaluateResult = {
  ...{ datasetDigest: "d", images: 4, seed: 3, batchSize: 2, evaluateMs: 12.5 },
  cleanAccuracy: half,
  expectedCalibrationError: 0.25,
  classes: [
    {
      name: "cat",
      accuracy: half,
      predictions: [{ class: 0, count: 4 }],
      robustAccuracy: half,
    },
  ],
  attackSuccessRate: undefined,
  noAttackSuccessRate: "the manifest says so",
  robustness: {
    attack,
    robustAccuracy: half,
    attacks: [{ name: "PGD-20", tried: 3, fooled: 1, robustAccuracy: half }],
  },
  backend: { name: "reference", provider: "cpu", threads: 1 },
  warnings: ["odd"],
};
const read = (changes: Partial<EvaluateResult> = {}) =>
  fromWireShardResult({
    kind: { $case: "evaluate", value: { ...result, ...changes } },
  });

describe("an evaluation's result", () => {
  test("is what `--local` writes", () => {
    expect(read()).toEqual({
      ...{ kind: "evaluate", datasetDigest: "d", images: 4, evaluateMs: 12.5 },
      clean: {
        ...{ accuracy: plainHalf, expectedCalibrationError: 0.25 },
        classes: [
          {
            ...{ class: 0, name: "cat", accuracy: plainHalf },
            predictions: [{ class: 0, count: 4 }],
          },
        ],
      },
      ...{ attackSuccessRate: null },
      noAttackSuccessRate: "the manifest says so",
      robustness: {
        ...{ norm: "linf", epsilon: 0.1, robustAccuracy: plainHalf },
        classes: [plainHalf],
        attacks: [
          { name: "PGD-20", tried: 3, fooled: 1, robustAccuracy: plainHalf },
        ],
      },
      config: { robustness: { ...attack, seed: 3 }, seed: 3, batchSize: 2 },
      backend: { name: "reference", provider: "cpu", threads: 1 },
      warnings: ["odd"],
    });
  });

  test("has no robustness where no attack was asked for", () => {
    const clean = read({ robustness: undefined, attackSuccessRate: half });
    expect(clean).toMatchObject({
      robustness: null,
      attackSuccessRate: plainHalf,
      config: { robustness: null },
    });
  });

  const robust = (changes: object) => ({
    robustness: { ...result.robustness!, ...changes },
  });
  test.each([
    ["no accuracy", { cleanAccuracy: undefined }, "clean_accuracy"],
    [
      "a share above 1",
      { cleanAccuracy: { ...half, share: 1.5 } },
      "clean_accuracy.share",
    ],
    [
      "a calibration error that is no number",
      { expectedCalibrationError: NaN },
      "expected_calibration_error",
    ],
    [
      "a class without its robust accuracy",
      { classes: [{ ...result.classes[0]!, robustAccuracy: undefined }] },
      "classes[0].robust_accuracy",
    ],
    [
      "an unknown attack",
      robust({ attack: { ...attack, attack: "fab" } }),
      "robustness.attack.attack",
    ],
    [
      "a radius that was left open",
      robust({ attack: { ...attack, epsilon: undefined } }),
      "robustness.attack.epsilon",
    ],
    [
      "more images fooled than can be counted",
      robust({ attacks: [{ ...result.robustness!.attacks[0]!, fooled: -1 }] }),
      "robustness.attacks[0].fooled",
    ],
    ["no backend", { backend: undefined }, "backend"],
  ] as const)("is refused with %s, and where", (_, changes, field) => {
    let refused: unknown;
    try {
      read(changes);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(FieldViolation);
    expect((refused as FieldViolation).field).toBe(field);
  });
});
