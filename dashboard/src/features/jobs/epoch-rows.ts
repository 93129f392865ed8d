/** Several trainings' epochs side by side, for charts that are drawn row by row. Pure. */
import type { TrainedModel } from "../../api/types.ts";

export interface EpochRow {
  readonly epoch: number;
  /** Of each training in its order; undefined where it has no such epoch. */
  readonly values: readonly (number | undefined)[];
}

/** Epochs ascending: every one that a training has. */
export function alignEpochs(
  trainings: readonly TrainedModel["epochs"][],
  of: "loss" | "accuracy",
): EpochRow[] {
  const byEpoch = trainings.map(
    (epochs) => new Map(epochs.map((each) => [each.epoch, each[of]])),
  );
  const epochs = [...new Set(byEpoch.flatMap((each) => [...each.keys()]))];
  return epochs
    .sort((a, b) => a - b)
    .map((epoch) => ({
      epoch,
      values: byEpoch.map((each) => each.get(epoch)),
    }));
}
