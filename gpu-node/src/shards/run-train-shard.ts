/** A training as a shard: goes on from what an earlier attempt handed over, hands over its own checkpoints, leaves a measured model. */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openDataset } from "../data/index.ts";
import type { Backend } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import type { EpochSummary } from "../training/train.ts";
import { chooseImageShape } from "./choose-image-shape.ts";
import { naming } from "./open-inputs.ts";
import { requireDigest } from "./require-digest.ts";
import type { ShardContext } from "./shard-context.ts";
import type { TrainOutcome } from "./shard-outcome.ts";
import type { TrainWork } from "./shard-work.ts";
import { trainModel, type ModelTrainingOptions } from "./train-model.ts";
import { openCheckpoint, type TrainingFacts } from "./training-checkpoint.ts";

/**
 * @param cacheDirectory where decoded data sets are kept
 * @throws MotifError "usage" and "dataset" for what is wrong with recipe and data set, "diverged", "storage", "backend"; the signal's
 *   reason when aborted
 */
export async function runTrainShard(
  work: TrainWork,
  context: ShardContext,
  backend: Backend,
  cacheDirectory: string | undefined,
): Promise<TrainOutcome> {
  const { signal } = context;
  const { dataset: files, recipe, testSplit } = work;
  const split = files.split ?? "train";
  const began = context.now();
  return naming([[files.path, files.name]], async () => {
    const imageShape = await chooseImageShape(
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
        const epochs: EpochSummary[] = [];
        const { model, manifest, cleanAccuracy, attackSuccessRate } =
          await trainModel(
            {
              ...{ recipe, training, test, split, testSplit },
              name: work.name,
              datasetName: files.name,
              command: work.command,
            },
            backend,
            {
              signal,
              now: () => context.now(),
              openCheckpoint: (facts) => handedOver(facts, context),
              onEpoch: (summary) => epochs.push(summary),
              ...progressOf(context),
            },
          );
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
    onStep: () => context.onProgress(++done / total),
  };
}

/** What another machine computed with is no reason to begin anew. */
const ownOfMachine = ["backend", "provider", "threads"];

function handedOver(
  facts: TrainingFacts,
  context: ShardContext,
): ReturnType<ModelTrainingOptions["openCheckpoint"]> {
  const shared = Object.fromEntries(
    Object.entries(facts).filter(([name]) => !ownOfMachine.includes(name)),
  );
  let written = 0;
  return {
    async read() {
      const { checkpointPath } = context;
      if (checkpointPath === undefined) return null;
      return openCheckpoint(checkpointPath, shared)
        .read()
        .catch((error: unknown) => {
          // Of another recipe or data set: better to begin anew than never to be done.
          if (error instanceof MotifError && error.code === "storage")
            return null;
          throw error;
        });
    },
    async write(state) {
      const { signal, workDirectory } = context;
      if (signal.aborted && signal.reason !== "yield") return;
      const path = join(workDirectory, `checkpoint-${written++}`);
      await openCheckpoint(path, shared).write(state);
      await context.onCheckpoint(path);
      await rm(path, { force: true });
    },
  };
}
