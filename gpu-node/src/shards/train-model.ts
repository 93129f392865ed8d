/** One training from two open data sets to a measured model: what `motif train --local` and training shards have in common. */
import type { Backend } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import {
  trainWeights,
  type EpochSummary,
  type TrainingStanding,
} from "../training/train.ts";
import { finishModel, type TrainedModel } from "./finish-model.ts";
import { prepareTraining, type ModelTraining } from "./prepare-training.ts";
import type { CheckpointFile, TrainingFacts } from "./training-checkpoint.ts";

export interface ModelTrainingOptions {
  readonly signal: AbortSignal;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
  /** Where the training is kept while it is under way. @param facts all that its bytes depend on */
  readonly openCheckpoint: (
    facts: TrainingFacts,
  ) => Pick<CheckpointFile, "read" | "write">;
  readonly onPhase?: (name: string) => void;
  /** @param steps still to do @param done in an earlier run */
  readonly onPlanned?: (steps: number, done: number) => void;
  readonly onStep?: (standing: TrainingStanding) => void;
  readonly onEpoch?: (summary: EpochSummary, epochs: number) => void;
}

/** Between a training's checkpoints. */
export const checkpointMs = 20_000;

/**
 * @throws MotifError whatever is wrong with recipe or data sets, before any step; "diverged"; the signal's reason when it is aborted,
 * after a checkpoint is written
 */
export async function trainModel(
  job: ModelTraining,
  backend: Backend,
  options: ModelTrainingOptions,
): Promise<TrainedModel> {
  const { signal, now } = options;
  if (job.recipe.spread)
    throw new MotifError(
      "usage",
      "--workers: only a training on a cluster is spread over workers. Leave --local out, or --workers.",
    );
  const prepared = await prepareTraining(job, backend, signal);
  const { architecture, shape, mapping, settings, batches } = prepared;
  const checkpoint = options.openCheckpoint(prepared.checkpointFacts);
  const start = await checkpoint.read();
  const done = start?.step ?? 0;

  options.onPhase?.("Training");
  options.onPlanned?.(settings.epochs * batches.stepsPerEpoch - done, done);
  const { tensors } = await trainWeights(
    architecture,
    shape,
    mapping,
    batches,
    settings,
    backend,
    {
      start,
      signal,
      now,
      checkpointMs,
      onCheckpoint: (state) => checkpoint.write(state),
      ...(options.onStep && { onStep: options.onStep }),
      onEpoch: (summary) => options.onEpoch?.(summary, settings.epochs),
    },
  );
  options.onPhase?.("Measuring the model");
  return finishModel(job, prepared, tensors, backend);
}
