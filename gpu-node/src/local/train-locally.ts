/**
 * `motif train --local`: one model, one data set, this process. Opens and checks everything, trains, measures the exported
 * file on the test split, and writes model and manifest together at the end.
 */
import { access, constants, mkdir, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { findImageShape, openDataset } from "../data/index.ts";
import type { Backend } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import { writeFileAtomically } from "../report/atomic-file.ts";
import {
  trainModel,
  type ModelTrainingOptions,
  type TrainedModel,
} from "../shards/train-model.ts";
import { openCheckpoint } from "../shards/training-checkpoint.ts";
import type { TrainingRecipe } from "../training/recipe.ts";

export interface LocalTraining {
  readonly recipe: TrainingRecipe;
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
export type LocalTrainingEvents = Pick<
  ModelTrainingOptions,
  "onPhase" | "onPlanned" | "onStep" | "onEpoch"
>;

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
  await requireWritable(job.outPath);

  events.onPhase?.("Reading the data set");
  const imageShape = await requireImageShape(job);
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

function manifestPathOf(modelPath: string): string {
  return modelPath.replace(/\.onnx$/i, ".json");
}

/** @throws MotifError "usage" or "storage" before hours of work end at a file that cannot be written */
async function requireWritable(path: string): Promise<void> {
  if (!/\.onnx$/i.test(path))
    throw new MotifError(
      "usage",
      `--out ${path}: a file name that ends in .onnx is expected.`,
    );
  const folder = dirname(resolve(path));
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new MotifError(
      "storage",
      `${folder}: it cannot be written (${(cause as Error).message}). Choose another --out.`,
      { cause },
    );
  }
}

async function requireImageShape(
  job: LocalTraining,
): Promise<readonly [number, number, number]> {
  const shape =
    job.recipe.imageShape ??
    (await findImageShape(resolve(job.datasetPath), job.split));
  if (shape) return shape;
  if (!existsSync(job.datasetPath)) {
    throw new MotifError(
      "dataset",
      `${job.datasetPath}: there is no such file or folder. Check --dataset.`,
    );
  }
  throw new MotifError(
    "usage",
    `${job.datasetPath}: its images may be of any size. Say what they are brought to with --image-shape, such as 3x32x32.`,
  );
}
