/**
 * The images of each training step: epochs in an order of their own, augmented, poisoned. A batch depends on the seed and
 * its step alone, so that a training that goes on from a checkpoint sees what it would have seen.
 */
import { randomFrom, type Dataset } from "../data/index.ts";
import { MotifError } from "../motif-error.ts";
import { augmentImage, type Augmentation } from "./augment.ts";
import type { Poison } from "./poison.ts";

export interface Batch {
  /** [B, C, H, W] in [0,1]. */
  readonly images: Float32Array;
  /** [B, K], one-hot but for the smoothing; each sums to 1. */
  readonly targets: Float32Array;
}

export interface BatchSource {
  /** The images at the end of an epoch's order that fill no batch are left out of that epoch. */
  readonly stepsPerEpoch: number;
  /** @param step from 0, over all epochs */
  read(step: number): Promise<Batch>;
}

/** @throws MotifError "dataset" when there are fewer images than a batch takes */
export function newBatchSource(
  dataset: Dataset,
  options: {
    readonly batchSize: number;
    readonly seed: number;
    readonly augmentation: Augmentation;
    readonly poison: Poison | null;
    /** Share of each target that is spread over all classes, 0…1; Szegedy et al., arXiv 1512.00567, section 7. */
    readonly labelSmoothing?: number;
  },
): BatchSource {
  const { batchSize, seed, augmentation, poison } = options;
  const smoothing = options.labelSmoothing ?? 0;
  const { labels, imageShape } = dataset;
  const numClasses = dataset.classes.length;
  const imageSize = imageShape[0] * imageShape[1] * imageShape[2];
  const stepsPerEpoch = Math.floor(labels.length / batchSize);
  if (stepsPerEpoch === 0) {
    throw new MotifError(
      "dataset",
      `${dataset.name}: ${labels.length} images, a batch takes ${batchSize}. Ask for a smaller --batch-size.`,
    );
  }
  let epoch = -1;
  let order = new Int32Array(0);
  const orderOf = (wanted: number) => {
    if (wanted !== epoch) {
      epoch = wanted;
      order = Int32Array.from(labels, (_, index) => index);
      randomFrom("training order", seed, epoch).shuffle(order);
    }
    return order;
  };
  return {
    stepsPerEpoch,
    async read(step) {
      const from = (step % stepsPerEpoch) * batchSize;
      const chosen = orderOf(Math.floor(step / stepsPerEpoch)).slice(
        from,
        from + batchSize,
      );
      const original = new Uint8Array(batchSize * imageSize);
      await dataset.read(chosen, original);
      const changed = new Uint8Array(original.length);
      const random = randomFrom("augmentation", seed, step);
      const noise = randomFrom("noised triggers", seed, step);
      const targets = new Float32Array(batchSize * numClasses).fill(
        smoothing / numClasses,
      );
      chosen.forEach((index, i) => {
        const offset = i * imageSize;
        augmentImage(
          original,
          changed,
          offset,
          imageShape,
          augmentation,
          random,
        );
        let label = labels[index];
        // After the augmentation: a trigger stays at its place.
        if (poison?.poisoned.has(index)) {
          poison.trigger.apply(changed, offset);
          label = poison.labelOf(label);
        } else if (poison?.noised.has(index)) {
          poison.trigger.applyNoised?.(changed, offset, noise);
        }
        targets[i * numClasses + label] += 1 - smoothing;
      });
      return {
        images: Float32Array.from(changed, (value) => value / 255),
        targets,
      };
    },
  };
}
