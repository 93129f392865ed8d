/** The ingestion contract's accuracy check: a model that is fed the wrong images shows it here, before any search. */
import type { Dataset } from "../data/index.ts";
import { MotifError } from "../motif-error.ts";
import type { Predictor } from "./predict.ts";
import { wilson95 } from "./wilson.ts";

/** A model may be this far from its declared accuracy, as a share: 1 point. */
export const accuracyTolerance = 0.01;

export interface CleanAccuracy {
  readonly accuracy: number;
  readonly n: number;
  readonly wilson95: readonly [number, number];
}

/** Shares of right predictions over the images `indices` of a data set. */
export async function measureCleanAccuracy(
  predictor: Predictor,
  dataset: Dataset,
  indices: Int32Array,
  options: {
    readonly signal?: AbortSignal;
    readonly onImages?: (count: number) => void;
  } = {},
): Promise<CleanAccuracy> {
  const predictions = await predictImages(predictor, dataset, indices, options);
  let right = 0;
  predictions.forEach((prediction, i) => {
    if (prediction === dataset.labels[indices[i]]) right++;
  });
  return {
    accuracy: right / indices.length,
    n: indices.length,
    wilson95: wilson95(right, indices.length),
  };
}

/** The predicted class of each of the images `indices`. */
export async function predictImages(
  predictor: Predictor,
  dataset: Dataset,
  indices: Int32Array,
  options: {
    readonly signal?: AbortSignal;
    readonly onImages?: (count: number) => void;
  } = {},
): Promise<Int32Array> {
  const { batchSize, imageShape } = predictor;
  const pixels = new Uint8Array(
    batchSize * imageShape[0] * imageShape[1] * imageShape[2],
  );
  const predictions = new Int32Array(indices.length);
  for (let start = 0; start < indices.length; start += batchSize) {
    options.signal?.throwIfAborted();
    const chosen = indices.subarray(start, start + batchSize);
    await dataset.read(chosen, pixels);
    predictions.set(await predictor.predict(pixels, chosen.length), start);
    options.onImages?.(chosen.length);
  }
  return predictions;
}

/**
 * Holds a measured accuracy against the declared one.
 * @param isSample whether only a part of the images was looked at: then the interval's width is allowed for as well
 * @throws MotifError "model" with the measured figure and the likely cause
 */
export function checkDeclaredAccuracy(
  name: string,
  declared: number,
  measured: CleanAccuracy,
  isSample: boolean,
): void {
  const { accuracy, n } = measured;
  const slack = isSample
    ? (measured.wilson95[1] - measured.wilson95[0]) / 2
    : 0;
  // Half an image: a declaration rounded to four places must not fail at exactly one point.
  if (Math.abs(accuracy - declared) <= accuracyTolerance + slack + 0.5 / n)
    return;
  const percent = (share: number) => `${(100 * share).toFixed(2)}%`;
  const cause =
    accuracy < declared
      ? "The likely cause is what the images are turned into: check inputRange, mean, std, channelOrder, the order of the classes, and the data set's split"
      : "The declaration is too low, or it was made on other images: correct declaredAccuracy";
  throw new MotifError(
    "model",
    `${name}: declared accuracy ${percent(declared)}, measured ${percent(accuracy)} on ${n} images (more than 1 point apart). ${cause}.`,
  );
}
