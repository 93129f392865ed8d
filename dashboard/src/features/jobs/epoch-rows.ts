/** Several trainings' epochs side by side, for charts that are drawn row by row, and which nodes they were on. Pure. */
import type { TrainedModel } from "../../api/types.ts";

type Epoch = TrainedModel["epochs"][number];
/** What is measured of an epoch. */
export type EpochMeasure =
  "loss" | "accuracy" | "learningRate" | "imagesPerSecond";

export interface EpochRow {
  readonly epoch: number;
  /** Of each training in its order; undefined where it has no such epoch, or its node did not tell this of it. */
  readonly values: readonly (number | undefined)[];
}

/** Epochs ascending: every one that a training has. */
export function alignEpochs<Of extends EpochMeasure>(
  trainings: readonly (readonly Pick<Epoch, "epoch" | Of>[])[],
  of: Of,
): EpochRow[] {
  const byEpoch = trainings.map(
    (epochs) => new Map(epochs.map((each) => [each.epoch, each[of]])),
  );
  const epochs = [...new Set(byEpoch.flatMap((each) => [...each.keys()]))];
  return epochs
    .sort((a, b) => a - b)
    .map((epoch) => ({
      epoch,
      values: byEpoch.map((each) => each.get(epoch) ?? undefined),
    }));
}

export interface NodeStretch {
  readonly nodeName: string;
  readonly from: number;
  readonly to: number;
  /** Mean over its epochs. */
  readonly imagesPerSecond: number;
}

/** Which node a training was on in which epochs, as far as that is known, and how fast. @param epochs ascending */
export function stretchesOf(
  epochs: readonly Pick<Epoch, "epoch" | "nodeName" | "imagesPerSecond">[],
): readonly NodeStretch[] {
  const stretches: NodeStretch[] = [];
  let count = 0;
  for (const { epoch, nodeName, imagesPerSecond } of epochs) {
    if (nodeName === null || imagesPerSecond === null) continue;
    const last = stretches.at(-1);
    if (last?.nodeName !== nodeName) {
      stretches.push({
        ...{ nodeName, imagesPerSecond },
        ...{ from: epoch, to: epoch },
      });
      count = 1;
      continue;
    }
    count++;
    stretches[stretches.length - 1] = {
      ...last,
      to: epoch,
      imagesPerSecond:
        last.imagesPerSecond + (imagesPerSecond - last.imagesPerSecond) / count,
    };
  }
  return stretches;
}
