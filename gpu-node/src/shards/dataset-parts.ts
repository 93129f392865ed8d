/** How every data set is used: the same parts and samples for every search, so that results can be compared. Pure. */
import { splitParts, type Dataset, type Parts } from "../data/index.ts";

const partOptions = { seed: 0, canvasPerClass: 10, searchShare: 0.2 };
/** Most images that the clean accuracy is measured on: beyond, a sample is. */
const accuracyImages = 10_000;

/** @throws MotifError "dataset" when a label is beyond the model's classes */
export function partsOf(
  dataset: Pick<Dataset, "labels">,
  numClasses: number,
): Parts {
  return splitParts(dataset.labels, numClasses, partOptions);
}

/** The images that the clean accuracy is measured on. */
export function accuracySample(dataset: Pick<Dataset, "labels">): Int32Array {
  return thin(
    Int32Array.from(dataset.labels, (_, index) => index),
    accuracyImages,
  );
}

/** At most `most` of `indices`, evenly spread, so that every class keeps its share. */
export function thin(indices: Int32Array, most: number): Int32Array {
  if (indices.length <= most) return indices;
  return Int32Array.from(
    { length: most },
    (_, i) => indices[Math.floor((i * indices.length) / most)],
  );
}
