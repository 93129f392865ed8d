/** The clean accuracy of a model, held against what its manifest declares: before anything is searched in it. */
import type { Classifier } from "../classifier/classifier.ts";
import { thin, type Dataset } from "../data/index.ts";
import {
  checkDeclaredAccuracy,
  measureCleanAccuracy,
  type CleanAccuracy,
} from "../evaluation/clean-accuracy.ts";
import type { Predictor } from "../evaluation/predict.ts";

/** Most images that it is measured on: beyond, a sample is. */
const accuracyImages = 10_000;

export interface ModelAccuracy extends CleanAccuracy {
  /** What a person should look at; null where nothing is odd. */
  readonly warning: string | null;
}

/**
 * @param place what to call the model in a refusal: its path or name
 * @throws MotifError "model" when it is not what the manifest declares; the signal's reason when aborted
 */
export async function measureModel(
  classifier: Pick<Classifier, "manifest" | "name" | "numClasses">,
  place: string,
  dataset: Dataset,
  predictor: Predictor,
  options: {
    readonly signal: AbortSignal;
    /** Told how much of it is done, 0…1. */
    readonly onShare?: (done: number) => void;
  },
): Promise<ModelAccuracy> {
  const everyImage = Int32Array.from(
    { length: dataset.labels.length },
    (_, index) => index,
  );
  const sample = thin(everyImage, accuracyImages);
  let done = 0;
  const measured = await measureCleanAccuracy(predictor, dataset, sample, {
    signal: options.signal,
    onImages(count) {
      done += count;
      options.onShare?.(done / sample.length);
    },
  });
  const { declaredAccuracy } = classifier.manifest;
  if (declaredAccuracy !== undefined) {
    const isSample = sample.length < everyImage.length;
    checkDeclaredAccuracy(place, declaredAccuracy, measured, isSample);
    return { ...measured, warning: null };
  }
  const isChance = measured.accuracy < 2 / classifier.numClasses;
  return {
    ...measured,
    warning: isChance
      ? `${classifier.name} is right on ${(100 * measured.accuracy).toFixed(1)}% of ${measured.n} images, hardly more than chance: ` +
        "check inputRange, mean, std and channelOrder in its manifest."
      : null,
  };
}
