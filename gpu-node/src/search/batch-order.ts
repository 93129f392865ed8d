/**
 * Which images a search sees at which step. It depends on the search alone, never on where it runs or beside which others,
 * and any step can be asked for without the steps before it: that is what lets a search go on from a checkpoint.
 */
import { randomFrom } from "../data/index.ts";

export interface BatchOrder {
  /** Positions in the list of images, `batchSize` of them, for a step from 0. */
  positionsAt(step: number): Int32Array;
}

/**
 * Epochs over `count` images, each shuffled anew; the images left at the end of an epoch that fill no batch are put before
 * the next, so that every image is seen equally often.
 * @param key what the search is: its seed, target class and canvas
 */
export function newBatchOrder(
  count: number,
  batchSize: number,
  key: readonly (number | string)[],
): BatchOrder {
  let epoch = -1;
  let order = new Int32Array(0);
  const positionAt = (index: number): number => {
    const wanted = Math.floor(index / count);
    if (wanted !== epoch) {
      epoch = wanted;
      order = Int32Array.from({ length: count }, (_, i) => i);
      randomFrom("batch order", ...key, epoch).shuffle(order);
    }
    return order[index % count];
  };
  return {
    positionsAt: (step) =>
      Int32Array.from({ length: batchSize }, (_, i) =>
        positionAt(step * batchSize + i),
      ),
  };
}
