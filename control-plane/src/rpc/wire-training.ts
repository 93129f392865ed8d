/** What a node tells of a training, from the wire to plain values. */
import type * as wire from "@motif/proto";
import type {
  TrainedEpoch,
  TrainingProgress,
  TrainingStanding,
} from "../shards/training-progress.ts";
import {
  readInteger,
  readList,
  readNumber,
  readPresent,
  readShare,
} from "./wire-fields.ts";

/** Nodes thin to 512. */
const mostEpochs = 1_000;
const mostImages = Number.MAX_SAFE_INTEGER;

/** @throws FieldViolation */
export const readTraining = (
  at: string,
  { epochs, standing }: wire.TrainingProgress,
): TrainingProgress => ({
  epochs: readEpochs(`${at}.epochs`, epochs),
  standing: standing ? readStanding(`${at}.standing`, standing) : null,
});

/** @param most that are taken @throws FieldViolation */
export const readEpochs = (
  field: string,
  epochs: readonly wire.TrainedEpoch[],
  most = mostEpochs,
): readonly TrainedEpoch[] =>
  readList(field, epochs, most, (epoch, at) => readEpoch(at, epoch));

const readEpoch = (at: string, epoch: wire.TrainedEpoch): TrainedEpoch => ({
  epoch: readInteger(`${at}.epoch`, epoch.epoch, 1),
  loss: readNumber(`${at}.loss`, epoch.loss),
  accuracy: readShare(`${at}.accuracy`, epoch.accuracy),
  images: readInteger(`${at}.images`, epoch.images, 0, mostImages),
  learningRate: readOptionalNumber(`${at}.learning_rate`, epoch.learningRate),
  imagesPerSecond: readOptionalNumber(
    `${at}.images_per_second`,
    epoch.imagesPerSecond,
  ),
});

const readStanding = (
  at: string,
  { soFar, epochs, secondsLeft }: wire.TrainingStanding,
): TrainingStanding => ({
  ...readEpoch(`${at}.so_far`, readPresent(`${at}.so_far`, soFar)),
  epochs: readInteger(`${at}.epochs`, epochs, 1),
  secondsLeft: readOptionalNumber(`${at}.seconds_left`, secondsLeft),
});

const readOptionalNumber = (
  field: string,
  value: number | undefined,
): number | null => (value === undefined ? null : readNumber(field, value));
