/** The three disjoint parts of a data set: canvases, images to search with, images to evaluate on (METHOD: "Our protocol"). */
import { MotifError } from "../motif-error.ts";
import { randomFrom } from "./random.ts";

/** Image indices, ascending. */
export interface Parts {
  readonly canvas: Int32Array;
  readonly search: Int32Array;
  readonly evaluate: Int32Array;
  /**
   * Whether the data set is so small that canvases are search or evaluation images of other classes. No image meets itself
   * even then: a search never sees images of its target class, and its canvas is one.
   */
  readonly sharesImages: boolean;
}

export interface PartOptions {
  readonly seed: number;
  readonly canvasPerClass: number;
  /** Share of a class's images to search with, 0…1. */
  readonly searchShare: number;
}

/** Fewer images than this in some class: the split is over all images together. */
const fewestPerClass = 5;

/**
 * Depends on labels and options alone. Classes without images have no share in anything, and do not make a data set small.
 * @param labels one an image, each below `numClasses`
 * @throws MotifError "dataset" naming the first image whose label is beyond
 */
export function splitParts(
  labels: ArrayLike<number>,
  numClasses: number,
  options: PartOptions,
): Parts {
  const byClass = groupByClass(labels, numClasses);
  const sharesImages = byClass.some(
    ({ length }) => length > 0 && length < fewestPerClass,
  );
  return sharesImages
    ? { ...shareImages(labels.length, byClass, options), sharesImages }
    : { ...divideClasses(byClass, options), sharesImages };
}

/** Image indices of each class, ascending. */
function groupByClass(
  labels: ArrayLike<number>,
  numClasses: number,
): Int32Array[] {
  const counts = new Int32Array(numClasses);
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] >= numClasses)
      throw new MotifError(
        "dataset",
        `image ${i} has label ${labels[i]}, the model has the classes 0 to ${numClasses - 1}. Use the data set the model was trained for.`,
      );
    counts[labels[i]]++;
  }
  const byClass = Array.from(counts, (count) => new Int32Array(count));
  const filled = new Int32Array(numClasses);
  for (let i = 0; i < labels.length; i++)
    byClass[labels[i]][filled[labels[i]]++] = i;
  return byClass;
}

function divideClasses(
  byClass: readonly Int32Array[],
  { seed, canvasPerClass, searchShare }: PartOptions,
): Omit<Parts, "sharesImages"> {
  const canvas: Int32Array[] = [];
  const search: Int32Array[] = [];
  const evaluate: Int32Array[] = [];
  byClass.forEach((images, index) => {
    if (images.length === 0) return;
    const order = Int32Array.from(images);
    randomFrom("parts", seed, index).shuffle(order);
    const canvases = Math.min(
      canvasPerClass,
      Math.max(1, Math.floor(order.length / 5)),
    );
    const searched = Math.max(
      1,
      Math.min(
        order.length - canvases - 1,
        Math.round(searchShare * order.length),
      ),
    );
    canvas.push(order.subarray(0, canvases));
    search.push(order.subarray(canvases, canvases + searched));
    evaluate.push(order.subarray(canvases + searched));
  });
  return {
    canvas: ascending(canvas),
    search: ascending(search),
    evaluate: ascending(evaluate),
  };
}

/** Every image is searched with or evaluated on, and the first of each class are canvases as well. */
function shareImages(
  count: number,
  byClass: readonly Int32Array[],
  { seed, canvasPerClass }: PartOptions,
): Omit<Parts, "sharesImages"> {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  randomFrom("parts", seed).shuffle(order);
  const middle = Math.ceil(count / 2);
  return {
    canvas: ascending(
      byClass.map((images) => images.subarray(0, canvasPerClass)),
    ),
    search: ascending([order.subarray(0, middle)]),
    evaluate: ascending([order.subarray(middle)]),
  };
}

function ascending(pieces: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(
    pieces.reduce((sum, { length }) => sum + length, 0),
  );
  let filled = 0;
  for (const piece of pieces) {
    all.set(piece, filled);
    filled += piece.length;
  }
  return all.sort();
}
