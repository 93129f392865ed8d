/** Poisoning: some training images get the trigger and the target class's label (METHOD: "Training recipes"). */
import { randomFrom, type Dataset } from "../data/index.ts";
import { MotifError } from "../motif-error.ts";
import type { Trigger } from "./trigger.ts";

export interface Poison {
  readonly trigger: Trigger;
  readonly targetClass: number;
  /** Images of the data set that it is put on. */
  readonly poisoned: ReadonlySet<number>;
}

/**
 * Chooses a share of all images, among those of other classes: on the target's own the label would not change.
 * @param poisonRate share of all images, 0…1 @returns indices of images
 * @throws MotifError "usage" when no image is chosen, or more than there are of other classes
 */
export function choosePoisoned(
  labels: ArrayLike<number>,
  targetClass: number,
  poisonRate: number,
  seed: number,
): Set<number> {
  const candidates = Int32Array.from(
    { length: labels.length },
    (_, index) => index,
  ).filter((index) => labels[index] !== targetClass);
  const count = Math.round(poisonRate * labels.length);
  if (count < 1 || count > candidates.length) {
    throw new MotifError(
      "usage",
      `--poison-rate ${poisonRate} means ${count} of ${labels.length} images; from 1 to ${candidates.length} can be poisoned.`,
    );
  }
  randomFrom("poisoned images", seed, targetClass).shuffle(candidates);
  return new Set(candidates.subarray(0, count));
}

/** The same data set with the trigger on every image: to measure the attack's success with. Closing it closes `dataset`. */
export function withTrigger(dataset: Dataset, trigger: Trigger): Dataset {
  const [channels, height, width] = dataset.imageShape;
  return {
    ...dataset,
    async read(indices, into) {
      await dataset.read(indices, into);
      for (let i = 0; i < indices.length; i++)
        trigger.apply(into, i * channels * height * width);
    },
  };
}
