/** One training from two open data sets to a measured model: what `motif train --local` and training shards have in common. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openClassifier } from "../classifier/classifier.ts";
import type { ImageMapping } from "../classifier/image-mapping.ts";
import type { Dataset } from "../data/index.ts";
import { exportModel, type Backend } from "../engine/index.ts";
import { measureAttackSuccess } from "../evaluation/attack-success.ts";
import { measureCleanAccuracy } from "../evaluation/clean-accuracy.ts";
import type { MeasuredShare } from "../evaluation/measured-share.ts";
import { compilePredictor } from "../evaluation/predict.ts";
import { MotifError } from "../motif-error.ts";
import { outlineOf, type Architecture } from "../training/architecture.ts";
import {
  architectureNames,
  findArchitecture,
} from "../training/architectures/index.ts";
import { newBatchSource } from "../training/batches.ts";
import { measureChannels } from "../training/channel-statistics.ts";
import { buildInferenceGraph } from "../training/inference-graph.ts";
import { newPoison, withTrigger, type Poison } from "../training/poison.ts";
import { completeAdversary, type TrainingRecipe } from "../training/recipe.ts";
import {
  trainWeights,
  type EpochSummary,
  type TrainingSettings,
} from "../training/train.ts";
import { stateGroundTruth } from "./state-ground-truth.ts";
import type { CheckpointFile, TrainingFacts } from "./training-checkpoint.ts";

export interface ModelTraining {
  readonly recipe: TrainingRecipe;
  readonly training: Dataset;
  /** What the accuracy is measured on; of the same classes. */
  readonly test: Dataset;
  readonly split: string;
  readonly testSplit: string;
  /** What the manifest calls model and data set. */
  readonly name: string;
  readonly datasetName: string;
  /** How the model came about, for its manifest. */
  readonly command: string;
}

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
  readonly onStep?: () => void;
  readonly onEpoch?: (summary: EpochSummary, epochs: number) => void;
}

export interface TrainedModel {
  /** ONNX. */
  readonly model: Uint8Array;
  readonly manifest: Readonly<Record<string, unknown>>;
  /** Of the model. */
  readonly sha256: string;
  readonly cleanAccuracy: MeasuredShare;
  /** Null for a model without a backdoor. */
  readonly attackSuccessRate: MeasuredShare | null;
}

const checkpointMs = 20_000;
/** Images a run when the trained model is measured. */
const testBatch = 100;

/**
 * @throws MotifError whatever is wrong with recipe or data sets, before any step; "diverged"; the signal's reason when it is aborted,
 * after a checkpoint is written
 */
export async function trainModel(
  job: ModelTraining,
  backend: Backend,
  options: ModelTrainingOptions,
): Promise<TrainedModel> {
  const { recipe, training, test } = job;
  const { signal, now } = options;
  const { imageShape } = training;
  const architecture = requireArchitecture(recipe.architecture);
  const settings: TrainingSettings = {
    ...recipe.settings,
    adversary:
      recipe.adversary && completeAdversary(recipe.adversary, imageShape[0]),
  };
  requireSameClasses(training, test);
  const classNames = nameClasses(training, recipe.classNames);
  const shape = { imageShape, numClasses: training.classes.length };
  const { parameters } = outlineOf(architecture, shape);
  const poison =
    recipe.poison && newPoison(recipe.poison, training, settings.seed);
  const batches = newBatchSource(training, {
    batchSize: settings.batchSize,
    seed: settings.seed,
    augmentation: recipe.augmentation,
    labelSmoothing: recipe.labelSmoothing,
    poison,
  });
  const mapping: ImageMapping = {
    inputRange: [0, 1],
    ...(await measureChannels(training, signal)),
    layout: "NCHW",
    channelOrder: "RGB",
  };
  const facts = {
    architecture: architecture.name,
    dataset: training.digest,
    split: job.split,
    imageShape,
    ...settings,
    augmentation: recipe.augmentation,
    labelSmoothing: recipe.labelSmoothing,
    poison: recipe.poison,
    backend: backend.name,
    provider: backend.provider,
    threads: backend.threads,
  };
  const checkpoint = options.openCheckpoint({
    ...facts,
    parameters: parameters.map(
      ({ name, shape: sizes }) => `${name} ${sizes.join("×")}`,
    ),
  });
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
  const model = exportModel(
    buildInferenceGraph(architecture, shape, tensors),
    architecture.name,
  );

  options.onPhase?.("Measuring the model");
  const manifest = {
    name: job.name,
    dataset: job.datasetName,
    ...mapping,
    classes: classNames,
  };
  const measured = await measure(model, manifest, test, poison, backend);
  const { cleanAccuracy, attackSuccessRate } = measured;
  return {
    model,
    manifest: {
      ...manifest,
      declaredAccuracy: cleanAccuracy.share,
      groundTruth: stateGroundTruth(
        recipe.poison,
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
    },
    ...measured,
  };
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

/** Measures the file itself, read back as any other model is. */
async function measure(
  model: Uint8Array,
  manifest: object,
  test: Dataset,
  poison: Poison | null,
  backend: Backend,
): Promise<
  Pick<TrainedModel, "sha256" | "cleanAccuracy" | "attackSuccessRate">
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
