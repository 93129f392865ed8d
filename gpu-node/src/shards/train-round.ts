/** A worker's round of a training that is spread over several: from the average of what all left of the round before. */
import { join } from "node:path";
import type { Backend } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import { roundBegin, type SpreadSettings } from "../training/local-sgd.ts";
import { stepsOfWorker, trainWeights } from "../training/train.ts";
import { finishModel, type TrainedModel } from "./finish-model.ts";
import { handedOver, withoutMachine } from "./handed-over-checkpoint.ts";
import { prepareTraining, type ModelTraining } from "./prepare-training.ts";
import { startRound, writeRound } from "./round-checkpoint.ts";
import type { ShardContext } from "./shard-context.ts";
import type { TrainRoundOutcome } from "./shard-outcome.ts";
import type { RoundWork } from "./shard-work.ts";
import { checkpointMs, type ModelTrainingOptions } from "./train-model.ts";
import type { TrainingFacts } from "./training-checkpoint.ts";

type RoundOptions = Pick<
  ModelTrainingOptions,
  "onPlanned" | "onStep" | "onEpoch"
>;

/** @throws as `trainModel`; MotifError "storage" when what the round begins with is damaged or of another training */
export async function trainRound(
  job: ModelTraining,
  work: RoundWork,
  context: ShardContext,
  backend: Backend,
  options: RoundOptions,
): Promise<Omit<TrainRoundOutcome, "epochs" | "trainMs">> {
  const { round, worker, starts } = work;
  const { signal } = context;
  const spread = requireSpread(job);
  const prepared = await prepareTraining(job, backend, signal);
  const { architecture, shape, mapping, settings, batches } = prepared;
  const facts = spreadFacts(prepared.checkpointFacts, spread);
  const start = await startRound(round, starts, prepared, spread, facts);
  const steps = stepsOfWorker(settings, batches, spread.workers);
  const until = roundBegin(round + 1, spread.rounds, steps);

  const checkpoint = handedOver({ ...facts, round, worker }, context);
  const from = (await checkpoint.read()) ?? start.state;
  const { step: begun } = start.state;
  options.onPlanned?.(until - from.step, from.step - begun);
  const state = await trainWeights(
    architecture,
    shape,
    mapping,
    batches,
    settings,
    backend,
    {
      start: from,
      span: { worker, workers: spread.workers, until },
      ...{ signal, checkpointMs },
      now: () => context.now(),
      onCheckpoint: (reached) => checkpoint.write(reached),
      ...(options.onStep && { onStep: options.onStep }),
      onEpoch: (summary) => options.onEpoch?.(summary, settings.epochs),
    },
  );
  const path = join(context.workDirectory, "round.safetensors");
  await writeRound(path, facts, worker, start, state);
  return { kind: "train-round", checkpoint: path };
}

/** After the last round: the average, as a measured model. */
export async function averageModel(
  job: ModelTraining,
  work: RoundWork,
  context: ShardContext,
  backend: Backend,
): Promise<TrainedModel> {
  const spread = requireSpread(job);
  const prepared = await prepareTraining(job, backend, context.signal);
  const facts = spreadFacts(prepared.checkpointFacts, spread);
  const { state } = await startRound(
    ...([work.round, work.starts, prepared, spread, facts] as const),
  );
  return finishModel(job, prepared, state.tensors, backend);
}

const spreadFacts = (
  facts: TrainingFacts,
  spread: SpreadSettings,
): TrainingFacts => withoutMachine({ ...facts, spread });

function requireSpread({ recipe }: ModelTraining): SpreadSettings {
  if (recipe.spread) return recipe.spread;
  throw new MotifError(
    "usage",
    "the shard is a round of a training whose recipe is not spread over workers.",
  );
}
