/** What a model makes of images as they are: accuracy overall and by class, what a class is taken for, calibration. */
import type { CompiledLogits } from "../classifier/compile-logits.ts";
import { classOf } from "../classifier/compile-logits.ts";
import type { Dataset } from "../data/index.ts";
import { confidenceOf, expectedCalibrationError } from "./calibration.ts";
import { shareOf, type MeasuredShare } from "./measured-share.ts";

/** What a model says of some images of a data set, in the order of `indices`. */
export interface CleanAnswers {
  readonly indices: Int32Array;
  readonly labels: Uint16Array;
  readonly predictions: Int32Array;
  /** Probability of the predicted class, 0…1. */
  readonly confidences: Float32Array;
}

export interface ClassEvaluation {
  readonly class: number;
  readonly name: string;
  /** Of the images of this class. */
  readonly accuracy: MeasuredShare;
  /** A row of the confusion matrix: what its images are taken for, most often first; classes of no image are left out. */
  readonly predictions: readonly {
    readonly class: number;
    readonly count: number;
  }[];
}

export interface CleanEvaluation {
  readonly accuracy: MeasuredShare;
  readonly classes: readonly ClassEvaluation[];
  /** `expectedCalibrationError` of calibration.ts: 15 bins of equal width. */
  readonly expectedCalibrationError: number;
}

/** @throws MotifError "diverged" when an output is not a number; the signal's reason when aborted */
export async function answerImages(
  compiled: CompiledLogits,
  dataset: Dataset,
  indices: Int32Array,
  options: {
    readonly signal?: AbortSignal;
    readonly onImages?: (count: number) => void;
  } = {},
): Promise<CleanAnswers> {
  const { batchSize, imageShape, numClasses } = compiled;
  const pixels = new Uint8Array(
    batchSize * imageShape[0] * imageShape[1] * imageShape[2],
  );
  const images = new Float32Array(pixels.length);
  const predictions = new Int32Array(indices.length);
  const confidences = new Float32Array(indices.length);
  for (let start = 0; start < indices.length; start += batchSize) {
    options.signal?.throwIfAborted();
    const chosen = indices.subarray(start, start + batchSize);
    await dataset.read(chosen, pixels);
    for (let i = 0; i < images.length; i++) images[i] = pixels[i] / 255;
    const logits = await compiled.run(images, chosen.length);
    for (let row = 0; row < chosen.length; row++) {
      const each = logits.subarray(row * numClasses, (row + 1) * numClasses);
      predictions[start + row] = classOf(each);
      confidences[start + row] = confidenceOf(each);
    }
    options.onImages?.(chosen.length);
  }
  const labels = Uint16Array.from(indices, (index) => dataset.labels[index]);
  return { indices, labels, predictions, confidences };
}

export function summarizeClean(
  { labels, predictions, confidences }: CleanAnswers,
  classNames: readonly string[],
): CleanEvaluation {
  const isRight = Array.from(labels, (label, i) => predictions[i] === label);
  const taken = classNames.map(() => new Map<number, number>());
  labels.forEach((label, i) => {
    const row = taken[label];
    row.set(predictions[i], (row.get(predictions[i]) ?? 0) + 1);
  });
  return {
    accuracy: shareOf(isRight.filter(Boolean).length, labels.length),
    classes: taken.map((row, index) => ({
      class: index,
      name: classNames[index],
      accuracy: shareOf(
        row.get(index) ?? 0,
        [...row.values()].reduce((sum, count) => sum + count, 0),
      ),
      predictions: [...row]
        .map(([each, count]) => ({ class: each, count }))
        .sort((a, b) => b.count - a.count || a.class - b.class),
    })),
    expectedCalibrationError: expectedCalibrationError(confidences, isRight),
  };
}
