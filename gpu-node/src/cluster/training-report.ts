/**
 * What is to be told of a training: each epoch that has ended, with every heartbeat until one that told it is answered, and how the
 * epoch under way goes. Values only.
 */
import type {
  TrainedEpoch,
  TrainingProgress,
  TrainingStanding as SentStanding,
} from "@motif/proto";
import {
  thinEpochs,
  type EpochSummary,
  type TrainingStanding,
} from "../shards/shard.ts";

export interface TrainingReport {
  addEpoch(summary: EpochSummary): void;
  setStanding(standing: TrainingStanding): void;
  /** @param sequence of the heartbeat that tells it */
  tell(sequence: number): TrainingProgress;
  answered(sequence: number): void;
}

interface Untold {
  readonly epoch: number;
  readonly sent: TrainedEpoch;
  /** The first heartbeat that told it; null before. */
  toldWith: number | null;
}

export function newTrainingReport(): TrainingReport {
  let untold: readonly Untold[] = [];
  let standing: SentStanding | undefined;
  return {
    addEpoch(summary) {
      const { epoch } = summary;
      // However long nobody answers, a message has room for them.
      untold = thinEpochs([
        ...untold,
        { epoch, sent: epochToWire(summary), toldWith: null },
      ]);
    },
    setStanding(given) {
      const { epochs, secondsLeft } = given;
      standing = {
        soFar: epochToWire(given),
        epochs,
        secondsLeft: secondsLeft ?? undefined,
      };
    },
    tell(sequence) {
      for (const each of untold) each.toldWith ??= sequence;
      return { epochs: untold.map(({ sent }) => sent), standing };
    },
    answered(sequence) {
      untold = untold.filter(
        ({ toldWith }) => toldWith === null || toldWith > sequence,
      );
    },
  };
}

export const epochToWire = ({
  epoch,
  loss,
  accuracy,
  images,
  learningRate,
  imagesPerSecond,
}: EpochSummary): TrainedEpoch => ({
  epoch,
  loss,
  accuracy,
  images,
  learningRate,
  imagesPerSecond: imagesPerSecond ?? undefined,
});
