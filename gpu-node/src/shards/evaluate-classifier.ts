/** One evaluation from an open model and an open data set: what `motif evaluate --local` and evaluation shards have in common. */
import { customaryBound } from "../attacks/customary-bound.ts";
import type { Classifier } from "../classifier/classifier.ts";
import type { Dataset } from "../data/index.ts";
import type { Backend } from "../engine/index.ts";
import type { RobustnessSettings } from "../evaluation/attack-plan.ts";
import { checkDeclaredAccuracy } from "../evaluation/clean-accuracy.ts";
import type { CleanEvaluation } from "../evaluation/clean-evaluation.ts";
import {
  chooseBatchSize,
  evaluateModel,
  sampleIndices,
  workOfEvaluation,
  type EvaluationOptions,
  type ModelEvaluation,
} from "../evaluation/evaluate-model.ts";
import { MotifError } from "../motif-error.ts";
import { rebuildBackdoor } from "../training/manifest-poison.ts";
import { withTrigger } from "../training/poison.ts";
import { nameClasses } from "./class-names.ts";

/** As a person gives it: what is left open follows from the images. */
export type EvaluationAttack = Omit<
  RobustnessSettings,
  "epsilon" | "stepSize" | "seed"
> & {
  readonly epsilon?: number | undefined;
  readonly stepSize?: number | undefined;
};

export interface EvaluationRequest {
  /** Most images; all where absent. */
  readonly images?: number | undefined;
  /** Null: none. */
  readonly attack: EvaluationAttack | null;
  /** Of the choice of images and of what is random in attacks. */
  readonly seed: number;
  /** By the images' size where absent. */
  readonly batchSize?: number | undefined;
}

export interface ClassifierEvaluation extends ModelEvaluation {
  /** How many were looked at. */
  readonly images: number;
  /** Why there is no attack success rate, or null where there is one. */
  readonly noAttackSuccessRate: string | null;
  /** With what was left open. */
  readonly config: {
    readonly robustness: RobustnessSettings | null;
    readonly seed: number;
    readonly batchSize: number;
  };
}

/** What an evaluation tells of itself. */
export interface ClassifierEvaluationOptions extends EvaluationOptions {
  readonly signal: AbortSignal;
  readonly onWarning?: (text: string) => void;
  /** @param work that `onWork` will count */
  readonly onPlanned?: (work: number) => void;
}

/**
 * @throws MotifError "dataset" where model and data set do not agree about the classes; "backend", "diverged"; the signal's reason when
 * it is aborted
 */
export async function evaluateClassifier(
  classifier: Classifier,
  dataset: Dataset,
  request: EvaluationRequest,
  backend: Backend,
  options: ClassifierEvaluationOptions,
): Promise<ClassifierEvaluation> {
  const { imageShape, numClasses, manifest } = classifier;
  const { attack, seed } = request;
  const robustness = attack && { ...completeAttack(attack, imageShape), seed };
  const classNames = nameClasses(classifier, dataset);
  const rebuilt = rebuildBackdoor(manifest, { imageShape, numClasses });
  const backdoor =
    "trigger" in rebuilt
      ? {
          labelOf: rebuilt.labelOf,
          triggered: withTrigger(dataset, rebuilt.trigger),
        }
      : null;
  const total = dataset.labels.length;
  const indices = sampleIndices(total, request.images ?? total, seed);
  const inputs = { classifier, dataset, indices, classNames, backdoor };
  const batchSize = Math.min(
    request.batchSize ?? chooseBatchSize(imageShape),
    indices.length,
  );
  const settings = { batchSize, robustness };
  options.onPlanned?.(workOfEvaluation(inputs, settings));
  const measured = await evaluateModel(inputs, backend, settings, {
    ...options,
    onClean(clean) {
      const warning = differsFromDeclared(classifier, clean, total);
      if (warning !== null) options.onWarning?.(warning);
      options.onClean?.(clean);
    },
  });
  return {
    images: indices.length,
    ...measured,
    noAttackSuccessRate: "missing" in rebuilt ? rebuilt.missing : null,
    config: { robustness, seed, batchSize },
  };
}

/** Another radius than the customary one keeps the ratio of radius and step. */
function completeAttack(
  attack: EvaluationAttack,
  [channels]: readonly [number, number, number],
): Omit<RobustnessSettings, "seed"> {
  const usual = customaryBound(attack.norm, channels);
  const epsilon = attack.epsilon ?? usual.epsilon;
  const stepSize =
    attack.stepSize ?? (epsilon * usual.stepSize) / usual.epsilon;
  return { ...attack, epsilon, stepSize };
}

/** A model that is not what it says is measured all the same; a person should know. */
function differsFromDeclared(
  { name, manifest }: Classifier,
  { accuracy: { share, n, wilson95 } }: CleanEvaluation,
  numImages: number,
): string | null {
  if (manifest.declaredAccuracy === undefined) return null;
  const measured = { accuracy: share, n, wilson95 };
  try {
    checkDeclaredAccuracy(
      name,
      manifest.declaredAccuracy,
      measured,
      n < numImages,
    );
    return null;
  } catch (error) {
    if (error instanceof MotifError) return error.message;
    throw error;
  }
}
