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
  readonly settings: Pick<SearchSettings, "steps" | "batchSize">;
  /** Power that k* asks for. */
  readonly threshold: number;
  /** Where `masks/` and `images/` are written. */
  readonly directory: string;
  readonly classifier: Pick<Classifier, "imageShape">;
  readonly predictor: Predictor;
  readonly evaluation: EvaluationImages;
  /** Pixel counts of the size–power curve, ascending. */
  readonly sizes: readonly number[];
  readonly onImages?: ((count: number) => void) | undefined;
  /** Leaves in the midst of it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Measures a finished search's pattern and writes its mask and pictures.
 * @returns its entry in result.json, paths relative to the directory
 * @throws the signal's reason; MotifError "diverged" when the mask is not finite, "storage" when a picture cannot be written
 */
export async function recordPattern(
  { identity, state, wallMs }: FinishedSearch,
  measurement: PatternMeasurement,
): Promise<PatternResult> {
  const { settings, threshold, directory, classifier, predictor } = measurement;
  const { evaluation, sizes, onImages, signal } = measurement;
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
    { ...(onImages && { onImages }), ...(signal && { signal }) },
  );
  const files = await writePatternImages(
    directory,
    { classIndex: targetClass, canvasIndex, seed },
    canvas,
    state.mask,
    classifier.imageShape,
  );
  return {
    targetClass,
    canvasIndex,
    seed,
    steps: settings.steps,
    imageGradients: settings.steps * settings.batchSize,
    maskL1: state.mask.reduce((sum, value) => sum + value, 0),
    mask: files.mask,
    images: files.images,
    topPixels: [...ranking.subarray(0, sizes.at(-1))],
    predictivePower: curve,
    sourceToTarget: bySource,
    kStar: kStar(curve, threshold),
    wallMs,
  };
}
