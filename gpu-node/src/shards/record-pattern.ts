/** From a finished search to a pattern on disk: ranked, tried on images, drawn. */
import type { Classifier } from "../classifier/classifier.ts";
import {
  measurePower,
  type EvaluationImages,
} from "../evaluation/measure-power.ts";
import { kStar, rankPixels } from "../evaluation/power-curve.ts";
import type { Predictor } from "../evaluation/predict.ts";
import { patternSize, writePatternImages } from "../report/images.ts";
import type { PatternResult } from "../report/result.ts";
import type { FinishedSearch } from "../search/run-searches.ts";
import type { SearchSettings } from "../search/settings.ts";

export interface PatternMeasurement {
  readonly job: {
    readonly settings: SearchSettings;
    readonly threshold: number;
    /** Masks and pictures go into folders in it. */
    readonly outDirectory: string;
  };
  readonly classifier: Pick<Classifier, "imageShape">;
  readonly predictor: Predictor;
  readonly evaluation: EvaluationImages;
  /** Pixel counts of the size–power curve, ascending. */
  readonly sizes: readonly number[];
  readonly onImages?: ((count: number) => void) | undefined;
}

/**
 * Measures a finished search's pattern and writes its mask and pictures.
 * @returns its entry in result.json
 * @throws MotifError "diverged" when the mask is not finite, "storage" when a picture cannot be written
 */
export async function recordPattern(
  { identity, state, wallMs }: FinishedSearch,
  measurement: PatternMeasurement,
): Promise<PatternResult> {
  const { job, classifier, predictor, evaluation, sizes, onImages } =
    measurement;
  const { targetClass, canvasIndex, seed } = identity;
  const ranking = rankPixels(state.mask);
  // What is measured is what the pictures show: canvas values of 8 bits.
  const canvas = Uint8Array.from(state.canvas, (value) =>
    Math.round(value * 255),
  );
  const { curve, bySource } = await measurePower(
    predictor,
    evaluation,
    {
      targetClass,
      canvas,
      ranking,
      sizes,
      sourceSize: patternSize(state.mask.length),
    },
    onImages ? { onImages } : {},
  );
  const files = await writePatternImages(
    job.outDirectory,
    { classIndex: targetClass, canvasIndex, seed },
    canvas,
    state.mask,
    classifier.imageShape,
  );
  return {
    targetClass,
    canvasIndex,
    seed,
    steps: job.settings.steps,
    imageGradients: job.settings.steps * job.settings.batchSize,
    maskL1: state.mask.reduce((sum, value) => sum + value, 0),
    mask: files.mask,
    images: files.images,
    topPixels: [...ranking.subarray(0, sizes.at(-1))],
    predictivePower: curve,
    sourceToTarget: bySource,
    kStar: kStar(curve, job.threshold),
    wallMs,
  };
}
