/** A model and a data set that go together, as every search of them sees them. */
import { resolve } from "node:path";
import type { Classifier } from "../classifier/classifier.ts";
import {
  openDataset,
  splitParts,
  type Dataset,
  type OpenOptions,
  type Parts,
} from "../data/index.ts";
import { MotifError } from "../motif-error.ts";
import { checkClassCount } from "./class-names.ts";

/** How every data set is split: the same for every search, so that results can be compared. */
export const partOptions = { seed: 0, canvasPerClass: 10, searchShare: 0.2 };

export interface SplitDataset {
  readonly dataset: Dataset;
  readonly parts: Parts;
}

/**
 * Opens a data set for a model.
 * @throws MotifError "dataset" when it cannot be read or has not the model's classes, "storage" when decoded images
 * find no room; the signal's reason when aborted
 */
export async function openSplitDataset(
  classifier: Pick<Classifier, "imageShape" | "numClasses" | "name">,
  path: string,
  options: Omit<OpenOptions, "imageShape" | "numClasses">,
): Promise<SplitDataset> {
  const { imageShape, numClasses } = classifier;
  const dataset = await openDataset(resolve(path), {
    ...options,
    imageShape,
    numClasses,
  });
  try {
    // Before the parts: their refusal of a label would not say that it is another data set altogether.
    checkClassCount(classifier, dataset);
    return {
      dataset,
      parts: splitParts(dataset.labels, numClasses, partOptions),
    };
  } catch (error) {
    await dataset.close();
    throw error;
  }
}

/**
 * The images that a search of `targetClass` may see.
 * @throws MotifError "dataset" when they do not fill a batch
 */
export function listSearchImages(
  { dataset, parts }: SplitDataset,
  targetClass: number,
  batchSize: number,
): Int32Array {
  const images = parts.search.filter(
    (index) => dataset.labels[index] !== targetClass,
  );
  if (images.length >= batchSize) return images;
  throw new MotifError(
    "dataset",
    `${dataset.name}: only ${images.length} images are left to search class ${targetClass} with, a batch takes ${batchSize}. ` +
      "Add images, or ask for a smaller --batch-size.",
  );
}
