/** The training loop: steps of one executable, whose outputs are the next step's inputs. */
import { perturbByPgd, type PgdSettings } from "../attacks/pgd.ts";
import type { ImageMapping } from "../classifier/image-mapping.ts";
import { randomFrom } from "../data/index.ts";
import type { Backend, Executable } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import {
  outlineOf,
  type Architecture,
  type ClassifierShape,
} from "./architecture.ts";
import type { Batch, BatchSource } from "./batches.ts";
import { newOptimizer, type OptimizerSettings } from "./optimizer.ts";
import { learningRateAt, type ScheduleName } from "./schedule.ts";
import { buildImageGradient, buildTrainingStep } from "./training-step.ts";
import {
  feedsOf,
  startState,
  type NamedTensors,
  type TrainingState,
} from "./training-state.ts";

export interface TrainingSettings {
  readonly optimizer: OptimizerSettings;
  readonly epochs: number;
  readonly batchSize: number;
  /** The highest of the schedule. */
  readonly learningRate: number;
  readonly schedule: ScheduleName;
  /** How images are perturbed before each step; null where they are trained on as they are. */
  readonly adversary: PgdSettings | null;
  /** Of the initial weights and the adversary's starts; order and augmentation of images have it from their `BatchSource`. */
  readonly seed: number;
}

/** A worker's part of a training that is spread over several: which of its batches it trains on, and until when. */
export interface WorkerSpan {
  /** From 0. */
  readonly worker: number;
  /** Each takes every `workers`-th batch, so that together they take each once. */
  readonly workers: number;
  /** Steps of the worker, from the training's begin, after which it stops. */
  readonly until: number;
}

/** Steps that each of the workers does; batches that are too few for a step of all are left out at the end. */
export const stepsOfWorker = (
  { epochs }: Pick<TrainingSettings, "epochs">,
  { stepsPerEpoch }: Pick<BatchSource, "stepsPerEpoch">,
  workers: number,
): number => Math.floor((epochs * stepsPerEpoch) / workers);

export interface EpochSummary {
  /** From 1. */
  readonly epoch: number;
  /** Means over the epoch's images as they were trained on: augmented, poisoned, each before its step. */
  readonly loss: number;
  readonly accuracy: number;
  /** Fewer than the epoch has where it was begun before, or belongs to several workers. */
  readonly images: number;
  /** Of the last of these steps. */
  readonly learningRate: number;
  /** By the clock, with all that was between the steps; null where it has not moved. */
  readonly imagesPerSecond: number | null;
}

/** The epoch under way, as far as it is; its images a second are counted from where the epoch before began. */
export interface TrainingStanding extends EpochSummary {
  /** That the training takes in all. */
  readonly epochs: number;
  /** To the last step, at the speed of all steps so far; null where nothing says how fast it goes. */
  readonly secondsLeft: number | null;
}

export interface TrainingOptions {
  /** Goes on from here instead of from initial weights. */
  readonly start?: TrainingState | null;
  /** All of the training where absent. */
  readonly span?: WorkerSpan;
  readonly signal?: AbortSignal;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
  readonly onStep?: (standing: TrainingStanding) => void;
  readonly onEpoch?: (summary: EpochSummary) => void;
  /** Given the state when the training is stopped, and every `checkpointMs` before. */
  readonly onCheckpoint?: (state: TrainingState) => Promise<void>;
  readonly checkpointMs?: number;
}

/**
 * @returns the state after the last step
 * @throws MotifError "diverged" when the loss is not finite; the signal's reason when it is aborted
 */
export async function trainWeights(
  architecture: Architecture,
  shape: ClassifierShape,
  mapping: ImageMapping,
  batches: BatchSource,
  settings: TrainingSettings,
  backend: Backend,
  options: TrainingOptions,
): Promise<TrainingState> {
  const { batchSize, seed } = settings;
  const optimizer = newOptimizer(settings.optimizer);
  const step = buildTrainingStep(architecture, shape, mapping, {
    ...{ optimizer, batchSize },
  });
  const executable = await backend.compile(step.graph);
  const adversary =
    settings.adversary &&
    newAdversary(
      await backend.compile(
        buildImageGradient(architecture, shape, mapping, batchSize),
      ),
      { adversary: settings.adversary, batchSize, seed },
    );
  const { worker, workers } = options.span ?? { worker: 0, workers: 1 };
  const steps = stepsOfWorker(settings, batches, workers);
  const until = options.span?.until ?? steps;
  /** Among the batches of all workers. */
  const batchAt = (ofWorker: number) => ofWorker * workers + worker;
  const epochAt = (ofWorker: number) =>
    Math.floor(batchAt(ofWorker) / batches.stepsPerEpoch);
  let state =
    options.start ??
    startState(outlineOf(architecture, shape), optimizer, seed);
  let epochLoss = 0;
  let epochRight = 0;
  let epochImages = 0;
  const began = { at: options.now(), step: state.step };
  let epochBegan = began;
  let epochBeforeBegan = began;
  let lastCheckpoint = options.now();
  let upcoming = batches.read(batchAt(state.step));
  try {
    while (state.step < until) {
      if (options.signal?.aborted) {
        await options.onCheckpoint?.(state);
        options.signal.throwIfAborted();
      }
      const read = await upcoming;
      // The next batch is read and augmented while this one is computed with; should that fail, the next round says so.
      if (state.step + 1 < until)
        upcoming = batches.read(batchAt(state.step + 1));
      upcoming.catch(() => undefined);
      const batch = adversary
        ? await adversary.perturb(read, state.tensors, batchAt(state.step))
        : read;
      const rate = learningRateAt(
        settings.schedule,
        state.step,
        steps,
        settings.learningRate,
      );
      const scalars = optimizer.scalarsAt(state.step);
      const [loss, numRight, ...updated] = await executable.run({
        ...batch,
        learning_rate: Float32Array.of(rate),
        ...Object.fromEntries(
          optimizer.scalarNames.map((name, i) => [
            name,
            Float32Array.of(scalars[i]),
          ]),
        ),
        ...feedsOf(state.tensors),
      });
      if (!Number.isFinite(loss.data[0])) {
        throw new MotifError(
          "diverged",
          `the loss is ${loss.data[0]} at step ${state.step} of ${steps}. Ask for a smaller --learning-rate than ${settings.learningRate}.`,
        );
      }
      state = {
        step: state.step + 1,
        tensors: new Map(
          step.state.map(({ name, shape: sizes }, i) => [
            name,
            { shape: sizes, data: updated[i].data as Float32Array },
          ]),
        ),
      };
      epochLoss += loss.data[0] * batchSize;
      epochRight += numRight.data[0];
      epochImages += batchSize;
      const epoch = epochAt(state.step - 1);
      const now = { at: options.now(), step: state.step };
      const summary: EpochSummary = {
        epoch: epoch + 1,
        loss: epochLoss / epochImages,
        accuracy: epochRight / epochImages,
        images: epochImages,
        learningRate: rate,
        imagesPerSecond: speedOf(epochBegan, now, batchSize),
      };
      const stepsPerSecond = speedOf(began, now, 1);
      options.onStep?.({
        ...summary,
        imagesPerSecond: speedOf(epochBeforeBegan, now, batchSize),
        epochs: settings.epochs,
        secondsLeft: stepsPerSecond && (steps - state.step) / stepsPerSecond,
      });
      if (state.step === until || epochAt(state.step) !== epoch) {
        options.onEpoch?.(summary);
        epochLoss = epochRight = epochImages = 0;
        epochBeforeBegan = epochBegan;
        epochBegan = now;
      }
      if (
        options.now() - lastCheckpoint >= (options.checkpointMs ?? Infinity) &&
        state.step < until
      ) {
        lastCheckpoint = options.now();
        await options.onCheckpoint?.(state);
      }
    }
    return state;
  } finally {
    // Whoever closes the data set next must not find it being read.
    await upcoming.catch(() => undefined);
    await adversary?.dispose();
    await executable.dispose();
  }
}

interface Moment {
  /** ms */
  readonly at: number;
  readonly step: number;
}

/** @returns per second; null where the clock has not moved */
const speedOf = (from: Moment, to: Moment, perStep: number): number | null =>
  to.at > from.at
    ? ((to.step - from.step) * perStep * 1_000) / (to.at - from.at)
    : null;

/** Perturbs batches against the weights that they are about to train. */
function newAdversary(
  imageGradient: Executable,
  settings: {
    readonly adversary: PgdSettings;
    readonly batchSize: number;
    readonly seed: number;
  },
) {
  const { batchSize, seed } = settings;
  return {
    async perturb(
      { images, targets }: Batch,
      tensors: NamedTensors,
      batch: number,
    ): Promise<Batch> {
      const weights = feedsOf(tensors);
      return {
        images: await perturbByPgd(
          images,
          images.length / batchSize,
          settings.adversary,
          async (points) => {
            const [gradient] = await imageGradient.run({
              ...weights,
              images: points,
              targets,
            });
            return { gradient: gradient.data as Float32Array };
          },
          randomFrom("adversary", seed, batch),
        ),
        targets,
      };
    },
    dispose: () => imageGradient.dispose(),
  };
}
