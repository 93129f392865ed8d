/**
 * `motif train --local`: one model, one data set, this process. Opens and checks everything, trains, measures the exported
 * file on the test split, and writes model and manifest together at the end.
 */
import {
  access,
  constants,
  mkdir,
  mkdtemp,
  rm,
  writeFile,
} from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { openClassifier } from "../classifier/classifier.ts";
import { customaryBound } from "../attacks/customary-bound.ts";
import type { Norm, PgdSettings } from "../attacks/pgd.ts";
import type { ImageMapping } from "../classifier/image-mapping.ts";
import { findImageShape, openDataset, type Dataset } from "../data/index.ts";
import { exportModel, type Backend } from "../engine/index.ts";
import { measureAttackSuccess } from "../evaluation/attack-success.ts";
import { measureCleanAccuracy } from "../evaluation/clean-accuracy.ts";
import type { MeasuredShare } from "../evaluation/measured-share.ts";
import { compilePredictor } from "../evaluation/predict.ts";
import { MotifError } from "../motif-error.ts";
import { writeFileAtomically } from "../report/atomic-file.ts";
import { outlineOf, type Architecture } from "../training/architecture.ts";
import {
  architectureNames,
  findArchitecture,
} from "../training/architectures/index.ts";
import type { Augmentation } from "../training/augment.ts";
import { newBatchSource } from "../training/batches.ts";
import { measureChannels } from "../training/channel-statistics.ts";
import { buildInferenceGraph } from "../training/inference-graph.ts";
import {
  newPoison,
  withTrigger,
  type Poison,
  type PoisonSettings,
} from "../training/poison.ts";
import {
  trainWeights,
  type EpochSummary,
  type TrainingSettings,
} from "../training/train.ts";
import { stateGroundTruth } from "./state-ground-truth.ts";
import { openCheckpoint } from "./training-checkpoint.ts";

/** What is not said is as customary for the images (attacks/customary-bound.ts). */
export interface AdversarySettings {
  readonly norm: Norm;
  readonly epsilon: number | undefined;
  readonly stepSize: number | undefined;
  readonly steps: number;
}

export interface LocalTraining {
  readonly datasetPath: string;
  /** What the manifest calls the data set; its folder's or file's name where absent. */
  readonly datasetName?: string | undefined;
  readonly split: string;
  /** What the accuracy is measured on. */
  readonly testSplit: string;
  /** [C, H, W]; the data set's own where absent. */
  readonly imageShape?: readonly [number, number, number] | undefined;
  /** For a data set whose classes have numbers only. */
  readonly classNames?: readonly string[] | undefined;
  readonly architecture: string;
  readonly settings: Omit<TrainingSettings, "adversary">;
  /** Null: images are trained on as they are. */
  readonly adversary: AdversarySettings | null;
  readonly augmentation: Augmentation;
  /** 0…1. */
  readonly labelSmoothing: number;
  /** Null: a natural model. */
  readonly poison: PoisonSettings | null;
  /** The .onnx file; the manifest is the .json beside it. */
  readonly outPath: string;
  readonly name: string;
  /** The command line, as a record of how the model came about. */
  readonly command: string;
  readonly backend: Backend;
  readonly cacheDirectory?: string | undefined;
}

/** What a training tells of itself. */
export interface LocalTrainingEvents {
  readonly onPhase?: (name: string) => void;
  /** @param steps still to do @param done in an earlier run */
  readonly onPlanned?: (steps: number, done: number) => void;
  readonly onStep?: () => void;
  readonly onEpoch?: (summary: EpochSummary, epochs: number) => void;
}

export interface LocalTrainingOutcome {
  readonly modelPath: string;
  readonly manifestPath: string;
  readonly modelBytes: number;
  /** Of the model file. */
  readonly sha256: string;
  readonly cleanAccuracy: MeasuredShare;
  /** Null for a natural model. */
  readonly attackSuccessRate: MeasuredShare | null;
}

const checkpointMs = 20_000;
/** Images a run when the trained model is measured. */
const testBatch = 100;

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
  const { backend } = job;
  const architecture = requireArchitecture(job.architecture);
  await requireWritable(job.outPath);

  events.onPhase?.("Reading the data set");
  const imageShape = await requireImageShape(job);
  const settings: TrainingSettings = {
    ...job.settings,
    adversary: job.adversary && completeAdversary(job.adversary, imageShape[0]),
  };
  const open = (split: string) =>
    openDataset(resolve(job.datasetPath), {
      imageShape,
      split,
      signal,
      ...(job.cacheDirectory !== undefined && {
        cacheDir: job.cacheDirectory,
      }),
    });
  const training = await open(job.split);
  try {
    const test = await open(job.testSplit);
    try {
      requireSameClasses(training, test);
      const numClasses = training.classes.length;
      const classNames = nameClasses(training, job.classNames);
      const shape = { imageShape, numClasses };
      const { parameters } = outlineOf(architecture, shape);
      const poison =
        job.poison && newPoison(job.poison, training, settings.seed);
      const batches = newBatchSource(training, {
        batchSize: settings.batchSize,
        seed: settings.seed,
        augmentation: job.augmentation,
        labelSmoothing: job.labelSmoothing,
        poison,
      });
      const statistics = await measureChannels(training, signal);
      const mapping: ImageMapping = {
        inputRange: [0, 1],
        ...statistics,
        layout: "NCHW",
        channelOrder: "RGB",
      };
      const facts = {
        architecture: architecture.name,
        dataset: training.digest,
        split: job.split,
        imageShape,
        ...settings,
        augmentation: job.augmentation,
        labelSmoothing: job.labelSmoothing,
        poison: job.poison,
        backend: backend.name,
        provider: backend.provider,
        threads: backend.threads,
      };
      const checkpoint = openCheckpoint(`${job.outPath}.checkpoint`, {
        ...facts,
        parameters: parameters.map(
          ({ name, shape: sizes }) => `${name} ${sizes.join("×")}`,
        ),
      });
      const start = await checkpoint.read();
      const done = start?.step ?? 0;

      events.onPhase?.("Training");
      events.onPlanned?.(settings.epochs * batches.stepsPerEpoch - done, done);
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
          ...(events.onStep && { onStep: events.onStep }),
          onEpoch: (summary) => events.onEpoch?.(summary, settings.epochs),
        },
      );
      const model = exportModel(
        buildInferenceGraph(architecture, shape, tensors),
        architecture.name,
      );

      events.onPhase?.("Measuring the model");
      const manifest = {
        name: job.name,
        dataset: job.datasetName ?? basename(resolve(job.datasetPath)),
        ...mapping,
        classes: classNames,
      };
      const measured = await measure(model, manifest, test, poison, backend);
      const { cleanAccuracy, attackSuccessRate } = measured;
      const complete = {
        ...manifest,
        declaredAccuracy: cleanAccuracy.share,
        groundTruth: stateGroundTruth(
          job.poison,
          poison?.trigger,
          attackSuccessRate,
        ),
        training: {
          command: job.command,
          ...facts,
          trainingImages: training.labels.length,
          poisonedImages: poison?.poisoned.size ?? 0,
          ...(poison &&
            poison.noised.size > 0 && { noisedImages: poison.noised.size }),
          measuredOn: {
            split: job.testSplit,
            dataset: test.digest,
            cleanAccuracy,
            attackSuccessRate,
          },
        },
      };
      const manifestPath = manifestPathOf(job.outPath);
      await writeFileAtomically(job.outPath, model);
      await writeFileAtomically(
        manifestPath,
        `${JSON.stringify(complete, null, 2)}\n`,
      );
      await checkpoint.remove();
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

function requireArchitecture(name: string): Architecture {
  const architecture = findArchitecture(name);
  if (!architecture) {
    throw new MotifError(
      "usage",
      `--architecture ${name}: one of ${architectureNames.join(", ")} is expected.`,
    );
  }
  return architecture;
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
    job.imageShape ??
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

function requireSameClasses(training: Dataset, test: Dataset): void {
  if (training.classes.join("\n") === test.classes.join("\n")) return;
  throw new MotifError(
    "dataset",
    `${training.name} has the classes ${training.classes.join(", ")}, ${test.name} ${test.classes.join(", ")}. They must be the same.`,
  );
}

function nameClasses(
  dataset: Dataset,
  names: readonly string[] | undefined,
): readonly string[] {
  if (!names) return dataset.classes;
  if (names.length !== dataset.classes.length) {
    throw new MotifError(
      "usage",
      `--class-names: ${names.length} names, ${dataset.name} has ${dataset.classes.length} classes.`,
    );
  }
  return names;
}

function completeAdversary(
  { norm, steps, epsilon, stepSize }: AdversarySettings,
  channels: number,
): PgdSettings {
  const customary = customaryBound(norm, channels);
  const within = epsilon ?? customary.epsilon;
  return {
    ...{ norm, steps, hasRandomStart: true },
    epsilon: within,
    stepSize: stepSize ?? (customary.stepSize * within) / customary.epsilon,
  };
}

/** Measures the file itself, read back as any other model is. */
async function measure(
  model: Uint8Array,
  manifest: object,
  test: Dataset,
  poison: Poison | null,
  backend: Backend,
): Promise<
  Pick<LocalTrainingOutcome, "sha256" | "cleanAccuracy" | "attackSuccessRate">
> {
  const scratch = await mkdtemp(join(tmpdir(), "motif-train-"));
  try {
    const path = join(scratch, "model.onnx");
    await writeFile(path, model);
    await writeFile(join(scratch, "model.json"), JSON.stringify(manifest));
    const classifier = await openClassifier(path);
    const predictor = await compilePredictor(classifier, backend, testBatch);
    try {
      const all = Int32Array.from(test.labels, (_, index) => index);
      const { accuracy, ...rest } = await measureCleanAccuracy(
        predictor,
        test,
        all,
      );
      const cleanAccuracy = { share: accuracy, ...rest };
      if (!poison)
        return {
          sha256: classifier.sha256,
          cleanAccuracy,
          attackSuccessRate: null,
        };
      return {
        sha256: classifier.sha256,
        cleanAccuracy,
        attackSuccessRate: await measureAttackSuccess(
          predictor,
          withTrigger(test, poison.trigger),
          all,
          poison.labelOf,
        ),
      };
    } finally {
      await predictor.dispose();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
