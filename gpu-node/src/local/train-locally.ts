/**
 * `motif train --local`: one model, one data set, this process. Opens and checks everything, trains, measures the exported
 * file on the test split, and writes model and manifest together at the end.
 */
import { rm } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { openClassifier, type Classifier } from "../classifier/classifier.ts";
import { openDataset } from "../data/index.ts";
import type { Backend } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import { writeFileAtomically } from "../report/atomic-file.ts";
import type { TrainedModel } from "../shards/finish-model.ts";
import { chooseTrainingShape } from "../shards/start-of-training.ts";
import {
  trainModel,
  type ModelTrainingOptions,
} from "../shards/train-model.ts";
import { openCheckpoint } from "../shards/training-checkpoint.ts";
import type { TrainingRecipe } from "../training/recipe.ts";
import { requireWritable } from "./require-writable.ts";

export interface LocalTraining {
  readonly recipe: TrainingRecipe;
  /** The .onnx file that is fine-tuned, its manifest the .json beside it; absent: the recipe's architecture is trained. */
  readonly startPath?: string | undefined;
  readonly datasetPath: string;
  /** What the manifest calls the data set; its folder's or file's name where absent. */
  readonly datasetName?: string | undefined;
  readonly split: string;
  /** What the accuracy is measured on. */
  readonly testSplit: string;
  /** The .onnx file; the manifest is the .json beside it. */
  readonly outPath: string;
  readonly name: string;
  /** The command line, as a record of how the model came about. */
  readonly command: string;
  readonly backend: Backend;
  readonly cacheDirectory?: string | undefined;
}

/** What a training tells of itself. */
export interface LocalTrainingEvents extends Pick<
  ModelTrainingOptions,
  "onPhase" | "onPlanned" | "onStep" | "onEpoch"
> {
  readonly onWarning?: (text: string) => void;
}

export interface LocalTrainingOutcome extends Omit<
  TrainedModel,
  "model" | "manifest"
> {
  readonly modelPath: string;
  readonly manifestPath: string;
  readonly modelBytes: number;
}

/**
 * @throws MotifError whatever is wrong with settings, data set or output folder, before any step; the signal's reason when it
 * is aborted, after a checkpoint is written: the same job goes on from there
 */
export async function trainLocally(
  job: LocalTraining,
  options: {
    readonly signal: AbortSignal;
    /** Milliseconds, for durations only. */
    readonly now: () => number;
    readonly events?: LocalTrainingEvents;
  },
): Promise<LocalTrainingOutcome> {
  const { signal, now, events = {} } = options;
  requireOnnxName(job.outPath);
  await requireWritable(job.outPath);

  const { startPath } = job;
  if (startPath !== undefined) events.onPhase?.("Reading the model");
  const start =
    startPath === undefined ? null : await openStart(startPath, job.outPath);
  for (const warning of start?.warnings ?? []) events.onWarning?.(warning);

  events.onPhase?.("Reading the data set");
  const imageShape = await chooseTrainingShape(
    start,
    resolve(job.datasetPath),
    job.split,
    job.recipe.imageShape,
  );
  const open = (split: string) =>
    openDataset(resolve(job.datasetPath), {
      imageShape,
      split,
      signal,
      ...(job.cacheDirectory !== undefined && {
        cacheDir: job.cacheDirectory,
      }),
    });
  const checkpointPath = `${job.outPath}.checkpoint`;
  const training = await open(job.split);
  try {
    const test = await open(job.testSplit);
    try {
      const { model, manifest, ...measured } = await trainModel(
        {
          ...job,
          start,
          training,
          test,
          datasetName: job.datasetName ?? basename(resolve(job.datasetPath)),
        },
        job.backend,
        {
          ...events,
          signal,
          now,
          openCheckpoint: (facts) => openCheckpoint(checkpointPath, facts),
        },
      );
      const manifestPath = manifestPathOf(job.outPath);
      await writeFileAtomically(job.outPath, model);
      await writeFileAtomically(
        manifestPath,
        `${JSON.stringify(manifest, null, 2)}\n`,
      );
      await rm(checkpointPath, { force: true });
      return {
        modelPath: job.outPath,
        manifestPath,
        modelBytes: model.length,
        ...measured,
      };
    } finally {
      await test.close();
    }
  } finally {
    await training.close();
  }
}

/** @throws MotifError "model"; "usage" when the trained model would take its place */
async function openStart(path: string, outPath: string): Promise<Classifier> {
  if (resolve(path) === resolve(outPath))
    throw new MotifError(
      "usage",
      `--out ${outPath}: that is the model that is fine-tuned. Give the trained one another name.`,
    );
  return openClassifier(path);
}

function manifestPathOf(modelPath: string): string {
  return modelPath.replace(/\.onnx$/i, ".json");
}

function requireOnnxName(path: string): void {
  if (!/\.onnx$/i.test(path))
    throw new MotifError(
      "usage",
      `--out ${path}: a file name that ends in .onnx is expected.`,
    );
}
