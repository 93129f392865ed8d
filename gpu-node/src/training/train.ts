/** The training loop: steps of one executable, whose outputs are the next step's inputs. */
import type { ImageMapping } from "../classifier/image-mapping.ts";
import type { Backend } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import {
  initialWeights,
  listParameters,
  type Architecture,
  type ClassifierShape,
} from "./architecture.ts";
import type { BatchSource } from "./batches.ts";
import type { SgdSettings } from "./optimizer.ts";
import { learningRateAt, type ScheduleName } from "./schedule.ts";
import { buildTrainingStep, velocityName } from "./training-step.ts";

export interface TrainingSettings extends SgdSettings {
  readonly epochs: number;
  readonly batchSize: number;
  /** The highest of the schedule. */
  readonly learningRate: number;
  readonly schedule: ScheduleName;
  /** Of the initial weights; order and augmentation of images have it from their `BatchSource`. */
  readonly seed: number;
}

/** How far a training has come: all that is needed to go on from there. Arrays in the order of `listParameters`. */
export interface TrainingState {
  /** Steps done. */
  readonly step: number;
  readonly weights: readonly Float32Array[];
  readonly velocities: readonly Float32Array[];
}

export interface EpochSummary {
  /** From 1. */
  readonly epoch: number;
  /** Means over the epoch's images as they were trained on: augmented, poisoned, each before its step. */
  readonly loss: number;
  readonly accuracy: number;
}

export interface TrainingOptions {
  /** Goes on from here instead of from initial weights. */
  readonly start?: TrainingState | null;
  readonly signal?: AbortSignal;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
  readonly onStep?: () => void;
  readonly onEpoch?: (summary: EpochSummary) => void;
  /** Given the state when the training is stopped, and every `checkpointMs` before. */
  readonly onCheckpoint?: (state: TrainingState) => Promise<void>;
  readonly checkpointMs?: number;
}

/**
 * @returns the trained weights, in the order of `listParameters`
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
): Promise<readonly Float32Array[]> {
  const { parameters, graph } = buildTrainingStep(
    architecture,
    shape,
    mapping,
    settings,
  );
  const executable = await backend.compile(graph);
  const { stepsPerEpoch } = batches;
  const steps = settings.epochs * stepsPerEpoch;
  let state = options.start ?? startState(architecture, shape, settings.seed);
  let epochLoss = 0;
  let epochRight = 0;
  let epochImages = 0;
  let lastCheckpoint = options.now();
  let upcoming = batches.read(state.step);
  try {
    while (state.step < steps) {
      if (options.signal?.aborted) {
        await options.onCheckpoint?.(state);
        options.signal.throwIfAborted();
      }
      const batch = await upcoming;
      const rate = learningRateAt(
        settings.schedule,
        state.step,
        steps,
        settings.learningRate,
      );
      const running = executable.run({
        ...batch,
        learning_rate: Float32Array.of(rate),
        ...Object.fromEntries(
          parameters.flatMap((parameter, index) => [
            [parameter.name, state.weights[index]],
            [velocityName(parameter), state.velocities[index]],
          ]),
        ),
      });
      // The next batch is read and augmented while this one is computed with; should that fail, the next round says so.
      if (state.step + 1 < steps) upcoming = batches.read(state.step + 1);
      upcoming.catch(() => undefined);
      const [loss, numRight, ...updated] = await running;
      if (!Number.isFinite(loss.data[0])) {
        throw new MotifError(
          "diverged",
          `the loss is ${loss.data[0]} at step ${state.step} of ${steps}. Ask for a smaller --learning-rate than ${settings.learningRate}.`,
        );
      }
      const arrays = updated.map(({ data }) => data as Float32Array);
      state = {
        step: state.step + 1,
        weights: arrays.slice(0, parameters.length),
        velocities: arrays.slice(parameters.length),
      };
      epochLoss += loss.data[0] * settings.batchSize;
      epochRight += numRight.data[0];
      epochImages += settings.batchSize;
      options.onStep?.();
      if (state.step % stepsPerEpoch === 0) {
        options.onEpoch?.({
          epoch: state.step / stepsPerEpoch,
          loss: epochLoss / epochImages,
          accuracy: epochRight / epochImages,
        });
        epochLoss = epochRight = epochImages = 0;
      }
      if (
        options.now() - lastCheckpoint >= (options.checkpointMs ?? Infinity) &&
        state.step < steps
      ) {
        lastCheckpoint = options.now();
        await options.onCheckpoint?.(state);
      }
    }
    return state.weights;
  } finally {
    // Whoever closes the data set next must not find it being read.
    await upcoming.catch(() => undefined);
    await executable.dispose();
  }
}

function startState(
  architecture: Architecture,
  shape: ClassifierShape,
  seed: number,
): TrainingState {
  const weights = initialWeights(listParameters(architecture, shape), seed);
  return {
    step: 0,
    weights,
    velocities: weights.map(({ length }) => new Float32Array(length)),
  };
}
