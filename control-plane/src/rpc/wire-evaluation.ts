/** Results of evaluations, wire to plain. */
import type * as wire from "@motif/proto";
import type {
  CompleteAttack,
  EvaluateResult,
  MeasuredShare,
} from "../shards/shard-result.ts";
import { attackNames, normNames } from "../shards/shard-spec.ts";
import { readBackend } from "./wire-backend.ts";
import { FieldViolation } from "./status.ts";
import {
  readInteger,
  readList,
  readNumber,
  readPresent,
  readShare,
  readText,
} from "./wire-fields.ts";

/** Classes of one model, entries of one row of the confusion matrix. */
const mostEntries = 100_000;
const mostAttacks = 100;
const longestName = 1_000;
const longestText = 10_000;

/** @throws FieldViolation */
export function readEvaluation(result: wire.EvaluateResult): EvaluateResult {
  const { robustness } = result;
  const seed = readInteger("seed", result.seed);
  const attack =
    robustness &&
    readAttack(readPresent("robustness.attack", robustness.attack), seed);
  return {
    kind: "evaluate",
    datasetDigest: readText(
      "dataset_digest",
      result.datasetDigest,
      longestName,
    ),
    images: readInteger("images", result.images),
    clean: {
      accuracy: readMeasured("clean_accuracy", result.cleanAccuracy),
      expectedCalibrationError: readShare(
        "expected_calibration_error",
        result.expectedCalibrationError,
      ),
      classes: readList("classes", result.classes, mostEntries, readClass).map(
        (each, index) => ({ class: index, ...each }),
      ),
    },
    attackSuccessRate:
      result.attackSuccessRate === undefined
        ? null
        : readMeasured("attack_success_rate", result.attackSuccessRate),
    noAttackSuccessRate:
      readText(
        "no_attack_success_rate",
        result.noAttackSuccessRate,
        longestText,
      ) || null,
    robustness:
      robustness && attack
        ? {
            norm: attack.norm,
            epsilon: attack.epsilon,
            robustAccuracy: readMeasured(
              "robustness.robust_accuracy",
              robustness.robustAccuracy,
            ),
            classes: readList(
              "classes",
              result.classes,
              mostEntries,
              ({ robustAccuracy }, at) =>
                readMeasured(`${at}.robust_accuracy`, robustAccuracy),
            ),
            attacks: readList(
              "robustness.attacks",
              robustness.attacks,
              mostAttacks,
              ({ name, tried, fooled, robustAccuracy }, at) => ({
                name: readText(`${at}.name`, name, longestName),
                tried: readInteger(`${at}.tried`, tried),
                fooled: readInteger(`${at}.fooled`, fooled),
                robustAccuracy: readMeasured(
                  `${at}.robust_accuracy`,
                  robustAccuracy,
                ),
              }),
            ),
          }
        : null,
    config: {
      robustness: attack ?? null,
      seed,
      batchSize: readInteger("batch_size", result.batchSize),
    },
    backend: readBackend(result.backend),
    warnings: readList("warnings", result.warnings, mostEntries, (text, at) =>
      readText(at, text, longestText),
    ),
    evaluateMs: readNumber("evaluate_ms", result.evaluateMs),
  };
}

const readClass = (
  { name, accuracy, predictions }: wire.EvaluatedClass,
  at: string,
) => ({
  name: readText(`${at}.name`, name, longestName),
  accuracy: readMeasured(`${at}.accuracy`, accuracy),
  predictions: readList(
    `${at}.predictions`,
    predictions,
    mostEntries,
    (each, place) => ({
      class: readInteger(`${place}.class`, each.class),
      count: readInteger(`${place}.count`, each.count),
    }),
  ),
});

function readMeasured(
  field: string,
  measured: wire.MeasuredShare | undefined,
): MeasuredShare {
  const { share, n, wilsonLow, wilsonHigh } = readPresent(field, measured);
  return {
    share: readShare(`${field}.share`, share),
    n: readInteger(`${field}.n`, n),
    wilson95: [
      readShare(`${field}.wilson_low`, wilsonLow),
      readShare(`${field}.wilson_high`, wilsonHigh),
    ],
  };
}

function readAttack(
  attack: wire.EvaluationAttack,
  seed: number,
): CompleteAttack {
  const at = (name: string) => `robustness.attack.${name}`;
  return {
    attack: readOneOf(at("attack"), attackNames, attack.attack),
    norm: readOneOf(at("norm"), normNames, attack.norm),
    epsilon: readNumber(at("epsilon"), attack.epsilon ?? NaN),
    stepSize: readNumber(at("step_size"), attack.stepSize ?? NaN),
    pgdSteps: readInteger(at("pgd_steps"), attack.pgdSteps),
    apgdSteps: readInteger(at("apgd_steps"), attack.apgdSteps),
    apgdTargets: readInteger(at("apgd_targets"), attack.apgdTargets),
    squareQueries: readInteger(at("square_queries"), attack.squareQueries),
    seed,
  };
}

function readOneOf<Name extends string>(
  field: string,
  names: readonly Name[],
  text: string,
): Name {
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  throw new FieldViolation(
    field,
    `"${text.slice(0, 80)}" is none of ${names.join(", ")}.`,
  );
}
