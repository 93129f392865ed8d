/** What a training needs before its first step, from two open data sets: everything that can be wrong is found here. */
import type { Classifier } from "../classifier/classifier.ts";
import type { ImageMapping } from "../classifier/image-mapping.ts";
import type { Dataset } from "../data/index.ts";
import type { Backend } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import { architectureOf } from "../training/architecture-of-model.ts";
import {
  outlineOf,
  type Architecture,
  type ClassifierShape,
} from "../training/architecture.ts";
import {
  architectureNames,
  findArchitecture,
} from "../training/architectures/index.ts";
import { newBatchSource, type BatchSource } from "../training/batches.ts";
import { measureChannels } from "../training/channel-statistics.ts";
import { newPoison, type Poison } from "../training/poison.ts";
import { completeAdversary, type TrainingRecipe } from "../training/recipe.ts";
import type { TrainingSettings } from "../training/train.ts";
import { nameClassesOfStart, recordStart } from "./start-of-training.ts";
import type { TrainingFacts } from "./training-checkpoint.ts";

export interface ModelTraining {
  readonly recipe: TrainingRecipe;
  /** The model that is fine-tuned; null where an architecture is trained from initial weights. */
  readonly start: Classifier | null;
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

export interface PreparedTraining {
  readonly architecture: Architecture;
  readonly shape: ClassifierShape;
  readonly mapping: ImageMapping;
  readonly settings: TrainingSettings;
  readonly batches: BatchSource;
  readonly poison: Poison | null;
  readonly classNames: readonly string[];
  /** All that the weights depend on, for the manifest. */
  readonly facts: TrainingFacts;
  /** The same, with the weights' names and shapes, for checkpoints. */
  readonly checkpointFacts: TrainingFacts;
}

/** @throws MotifError whatever is wrong with recipe or data sets; the signal's reason when it is aborted */
export async function prepareTraining(
  job: ModelTraining,
  backend: Backend,
  signal: AbortSignal,
): Promise<PreparedTraining> {
  const { recipe, start, training, test } = job;
  const { imageShape } = training;
  const architecture = chooseArchitecture(recipe.architecture, start);
  const settings: TrainingSettings = {
    ...recipe.settings,
    adversary:
      recipe.adversary && completeAdversary(recipe.adversary, imageShape[0]),
  };
  requireSameClasses(training, test);
  const classNames = start
    ? nameClassesOfStart(start, training, recipe.classNames)
    : nameClasses(training, recipe.classNames);
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
  const mapping: ImageMapping = start?.mapping ?? {
    inputRange: [0, 1],
    ...(await measureChannels(training, signal)),
    layout: "NCHW",
    channelOrder: "RGB",
  };
  const facts = {
    ...(start
      ? { fineTuned: recordStart(start) }
      : { architecture: architecture.name }),
    dataset: training.digest,
    split: job.split,
    imageShape,
    ...settings,
    augmentation: recipe.augmentation,
    labelSmoothing: recipe.labelSmoothing,
    poison: recipe.poison,
    ...(recipe.spread && { spread: recipe.spread }),
    backend: backend.name,
    provider: backend.provider,
    threads: backend.threads,
  };
  return {
    ...{ architecture, shape, mapping, settings, batches, poison },
    ...{ classNames, facts },
    checkpointFacts: {
      ...facts,
      ...(start && { mapping }),
      parameters: parameters.map(
        ({ name, shape: sizes }) => `${name} ${sizes.join("×")}`,
      ),
    },
  };
}

function chooseArchitecture(
  name: string | undefined,
  start: Classifier | null,
): Architecture {
  if (start) {
    if (name === undefined) return architectureOf(start);
    throw new MotifError(
      "usage",
      `--architecture ${name}: the model ${start.name}, which is fine-tuned, has one of its own.`,
    );
  }
  const architecture = name === undefined ? undefined : findArchitecture(name);
  if (architecture) return architecture;
  throw new MotifError(
    "usage",
    `--architecture ${name ?? "(none)"}: one of ${architectureNames.join(", ")} is expected.`,
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
