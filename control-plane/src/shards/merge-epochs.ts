/** Epochs of a training that several workers had a part in. Pure. */
import type { TrainedEpoch } from "./shard-result.ts";

/** @param parts of any workers and rounds @returns by epoch: means over the images of all */
export const mergeEpochs = (
  parts: readonly TrainedEpoch[],
): readonly TrainedEpoch[] =>
  [...Map.groupBy(parts, ({ epoch }) => epoch)]
    .sort(([a], [b]) => a - b)
    .map(([epoch, of]) => {
      const images = of.reduce((sum, part) => sum + part.images, 0);
      const mean = (value: (part: TrainedEpoch) => number) =>
        of.reduce((sum, part) => sum + value(part) * part.images, 0) /
        Math.max(1, images);
      return {
        epoch,
        loss: mean(({ loss }) => loss),
        accuracy: Math.min(
          1,
          mean(({ accuracy }) => accuracy),
        ),
        images,
      };
    });
