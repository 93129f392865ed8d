/**
 * A training, or a worker's round of one, as a shard: goes on from what an earlier attempt handed over, hands over its own checkpoints,
 * leaves a measured model or the round's checkpoint.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openDataset } from "../data/index.ts";
import type { Backend } from "../engine/index.ts";
import type { EpochSummary } from "../training/train.ts";
import { handedOver } from "./handed-over-checkpoint.ts";
import { naming, openNamed } from "./open-inputs.ts";
import { requireDigest } from "./require-digest.ts";
import type { ShardContext } from "./shard-context.ts";
import type { TrainOutcome, TrainRoundOutcome } from "./shard-outcome.ts";
import type { TrainWork } from "./shard-work.ts";
import { chooseTrainingShape } from "./start-of-training.ts";
import { thinEpochs } from "./thin-epochs.ts";
import { trainModel, type ModelTrainingOptions } from "./train-model.ts";
import { averageModel, trainRound } from "./train-round.ts";

/**
 * @param cacheDirectory where decoded data sets are kept
 * @throws MotifError "usage", "model" and "dataset" for what is wrong with recipe, start and data set, "diverged", "storage", "backend";
 *   the signal's reason when aborted
 */
export async function runTrainShard(
  work: TrainWork,
  context: ShardContext,
  backend: Backend,
  cacheDirectory: string | undefined,
): Promise<TrainOutcome | TrainRoundOutcome> {
  const { signal } = context;
  const { dataset: files, recipe, testSplit } = work;
  const split = files.split ?? "train";
  const began = context.now();
  const start = work.start && (await openNamed(work.start));
  return naming([[files.path, files.name]], async () => {
    const imageShape = await chooseTrainingShape(
      start,
      files.path,
      split,
      recipe.imageShape,
    );
    const open = (which: string) =>
      openDataset(files.path, {
        imageShape,
        split: which,
        signal,
        ...(cacheDirectory !== undefined && { cacheDir: cacheDirectory }),
      });
    const training = await open(split);
    try {
      requireDigest(files.name, training.digest, files.digest);
      const test = await open(testSplit);
      try {
        let epochs: readonly EpochSummary[] = [];
        const job = {
          ...{ recipe, start, training, test, split, testSplit },
          name: work.name,
          datasetName: files.name,
          command: work.command,
        };
        const progress = {
          onEpoch(summary: EpochSummary) {
            epochs = thinEpochs([...epochs, summary]);
            context.onEpoch?.(summary);
          },
          ...progressOf(context),
        };
        const { round } = work;
        if (round && !round.isLast) {
          const outcome = await trainRound(
            ...([job, round, context, backend, progress] as const),
          );
          return { ...outcome, epochs, trainMs: context.now() - began };
        }
        const { model, manifest, cleanAccuracy, attackSuccessRate } = round
          ? await averageModel(job, round, context, backend)
          : await trainModel(job, backend, {
              ...{ signal, ...progress },
              now: () => context.now(),
              openCheckpoint: (facts) => handedOver(facts, context),
            });
        const path = join(context.workDirectory, "model.onnx");
        await writeFile(path, model);
        return {
          kind: "train",
          model: path,
          ...{ manifest, cleanAccuracy, attackSuccessRate, epochs },
          trainMs: context.now() - began,
        };
      } finally {
        await test.close();
      }
    } finally {
      await training.close();
    }
  });
}

function progressOf(
  context: ShardContext,
): Pick<ModelTrainingOptions, "onPlanned" | "onStep"> {
  let done = 0;
  let total = 1;
  return {
    onPlanned(steps, before) {
      done = before;
      total = before + steps;
      context.onProgress(done / total);
    },
    onStep: (standing) => context.onProgress(++done / total, standing),
  };
}
