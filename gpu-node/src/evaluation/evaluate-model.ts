/** Everything that is measured of a trained model: clean, calibration, a known backdoor, robustness. */
import type { Classifier } from "../classifier/classifier.ts";
import { compileLogits } from "../classifier/compile-logits.ts";
import { randomFrom, type Dataset } from "../data/index.ts";
import type { Backend } from "../engine/index.ts";
import { planAttacks, type RobustnessSettings } from "./attack-plan.ts";
import { measureAttackSuccess } from "./attack-success.ts";
import {
  answerImages,
  summarizeClean,
  type CleanAnswers,
  type CleanEvaluation,
} from "./clean-evaluation.ts";
import type { MeasuredShare } from "./measured-share.ts";
import { newPredictor } from "./predict.ts";
import {
  measureRobustness,
  type RobustEvaluation,
  type RobustnessOptions,
  type RobustnessState,
} from "./robust-accuracy.ts";

export interface EvaluationInputs {
  readonly classifier: Classifier;
  readonly dataset: Dataset;
  /** The images of the data set to measure on. */
  readonly indices: Int32Array;
  /** By class index. */
  readonly classNames: readonly string[];
  /** Null where none is known. */
  readonly backdoor: KnownBackdoor | null;
}

export interface EvaluationSettings {
  /** Images a run. */
  readonly batchSize: number;
  /** Null: no attack. */
  readonly robustness: RobustnessSettings | null;
}

export interface KnownBackdoor {
  /** What it wants an image to be taken for, by its label. */
  readonly labelOf: (label: number) => number;
  /** The data set with the trigger on every image. */
  readonly triggered: Dataset;
}

export interface ModelEvaluation {
  /** On the images as they are. */
  readonly clean: CleanEvaluation;
  /** Null where no backdoor is known. */
  readonly attackSuccessRate: MeasuredShare | null;
  /** Null where no attack was asked for. */
  readonly robustness: RobustEvaluation | null;
}

export interface EvaluationOptions extends RobustnessOptions {
  readonly onPhase?: (name: string) => void;
  readonly onClean?: (clean: CleanEvaluation) => void;
  /** Where an earlier run of the same evaluation stood. */
  readonly from?: EvaluationState | undefined;
  /** Told where it stands after each part; what goes on from there gives the same numbers. */
  readonly onState?: (state: EvaluationState) => Promise<void>;
}

/** An evaluation between two of its parts. */
export interface EvaluationState {
  /** On the images as they are. */
  readonly answers: CleanAnswers;
  /** Absent: not measured yet; null where no backdoor is known. */
  readonly attackSuccessRate?: MeasuredShare | null;
  /** Absent: no attack has begun. */
  readonly robustness?: RobustnessState;
}

/** @throws MotifError "backend", "diverged"; the signal's reason when aborted */
export async function evaluateModel(
  { classifier, dataset, indices, classNames, backdoor }: EvaluationInputs,
  backend: Backend,
  settings: EvaluationSettings,
  options: EvaluationOptions = {},
): Promise<ModelEvaluation> {
  const { batchSize, robustness } = settings;
  const { onPhase, onWork, onState, signal } = options;
  const passing = { ...(signal && { signal }), onImages: onWork };
  const compiled = await compileLogits(classifier, backend, batchSize);
  try {
    let state = options.from;
    if (state) onWork?.(indices.length);
    else {
      onPhase?.("Measuring the clean accuracy");
      state = {
        answers: await answerImages(compiled, dataset, indices, passing),
      };
      await onState?.(state);
    }
    const { answers } = state;
    const clean = summarizeClean(answers, classNames);
    options.onClean?.(clean);
    let { attackSuccessRate } = state;
    if (attackSuccessRate !== undefined) {
      if (backdoor) onWork?.(indices.length);
    } else if (backdoor) {
      onPhase?.("Measuring the attack success rate");
      attackSuccessRate = await measureAttackSuccess(
        newPredictor(compiled),
        backdoor.triggered,
        indices,
        backdoor.labelOf,
        passing,
      );
      // Images of the class that it wants are not asked about.
      onWork?.(indices.length - attackSuccessRate.n);
      await onState?.({ answers, attackSuccessRate });
    } else attackSuccessRate = null;
    return {
      clean,
      attackSuccessRate,
      robustness:
        robustness &&
        (await measureRobustness(
          { classifier, backend, compiled },
          dataset,
          answers,
          robustness,
          options,
          {
            from: state.robustness,
            onState: async (under) =>
              onState?.({ answers, attackSuccessRate, robustness: under }),
          },
        )),
    };
  } finally {
    await compiled.dispose();
  }
}

/** What `onWork` will have been told at the end: passes forward and back of one image. */
export function workOfEvaluation(
  { classifier, indices, backdoor }: EvaluationInputs,
  { robustness }: EvaluationSettings,
): number {
  const { imageShape, numClasses } = classifier;
  const attacks = robustness
    ? planAttacks(robustness, imageShape, numClasses)
    : [];
  const perImage = attacks.reduce((sum, { work }) => sum + work, 1);
  return indices.length * (perImage + Number(backdoor !== null));
}

/**
 * A sample of a data set, the same for the same seed.
 * @returns at most `most` of `count` indices, ascending
 */
export function sampleIndices(
  count: number,
  most: number,
  seed: number,
): Int32Array {
  const indices = Int32Array.from({ length: count }, (_, index) => index);
  if (count <= most) return indices;
  randomFrom("evaluated images", seed).shuffle(indices);
  return indices.slice(0, most).sort();
}

/** Floats of images that share a pass: with their gradients a ResNet-18 of 32×32 stays under 2 GB. */
const batchFloats = 64 * 3 * 32 * 32;

/** Images a run where the user does not say: 64 for small images, fewer for large ones. */
export function chooseBatchSize(
  imageShape: readonly [number, number, number],
): number {
  const imageSize = imageShape[0] * imageShape[1] * imageShape[2];
  return Math.max(1, Math.min(64, Math.floor(batchFloats / imageSize)));
}
