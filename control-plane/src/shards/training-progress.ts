/** How a training goes, as its node tells it; plain types. */

/** Means over an epoch's images as they were trained on. */
export interface TrainedEpoch {
  /** From 1. */
  readonly epoch: number;
  readonly loss: number;
  /** 0…1. */
  readonly accuracy: number;
  /** Fewer than the epoch has where others had a part in it; 0 where the node did not count. */
  readonly images: number;
  /** Of the last of its steps. Null where the node did not tell it yet, as the next. */
  readonly learningRate: number | null;
  readonly imagesPerSecond: number | null;
}

/** The epoch under way, as far as it is. */
export interface TrainingStanding extends TrainedEpoch {
  /** That the training takes in all. */
  readonly epochs: number;
  readonly secondsLeft: number | null;
}

export interface TrainingProgress {
  /** Those that have ended, perhaps told before. */
  readonly epochs: readonly TrainedEpoch[];
  /** Null before the first step. */
  readonly standing: TrainingStanding | null;
}
