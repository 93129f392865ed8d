/** The three disjoint parts of a data set: canvases, images to search with, images to evaluate on (METHOD: "Our protocol"). */
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

export function splitParts(
  labels: ArrayLike<number>,
  numClasses: number,
  options: PartOptions,
): Parts {
  const byClass = Array.from({ length: numClasses }, () => [] as number[]);
  for (let i = 0; i < labels.length; i++) byClass[labels[i]].push(i);
  const canvas: number[] = [];
  const search: number[] = [];
  const evaluate: number[] = [];
  const sharesImages = byClass.some((images) => images.length < fewestPerClass);
  if (sharesImages) {
    byClass.forEach((images) =>
      canvas.push(...images.slice(0, options.canvasPerClass)),
    );
    const order = Int32Array.from({ length: labels.length }, (_, i) => i);
    randomFrom("parts", options.seed).shuffle(order);
    order.forEach((index, i) =>
      (i < order.length / 2 ? search : evaluate).push(index),
    );
  } else {
    byClass.forEach((images, index) => {
      const order = Int32Array.from(images);
      randomFrom("parts", options.seed, index).shuffle(order);
      const canvases = Math.min(
        options.canvasPerClass,
        Math.max(1, Math.floor(order.length / 5)),
      );
      const searched = Math.max(
        1,
        Math.min(
          order.length - canvases - 1,
          Math.round(options.searchShare * order.length),
        ),
      );
      canvas.push(...order.subarray(0, canvases));
      search.push(...order.subarray(canvases, canvases + searched));
      evaluate.push(...order.subarray(canvases + searched));
    });
  }
  const ascending = (indices: number[]) => Int32Array.from(indices).sort();
  return {
    canvas: ascending(canvas),
    search: ascending(search),
    evaluate: ascending(evaluate),
    sharesImages,
  };
}
