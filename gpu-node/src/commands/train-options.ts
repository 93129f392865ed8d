/** The options of a training, and the recipe that they say. */
import { InvalidArgumentError, Option, type Command } from "commander";
import type { Norm } from "../attacks/pgd.ts";
import { MotifError } from "../motif-error.ts";
import { architectureNames } from "../training/architectures/index.ts";
import {
  optimizerNames,
  type OptimizerSettings,
} from "../training/optimizer.ts";
import type { SpreadSettings } from "../training/local-sgd.ts";
import type { AdversarySettings, TrainingRecipe } from "../training/recipe.ts";
import { scheduleNames, type ScheduleName } from "../training/schedule.ts";
import { backendHelp } from "./open-backend.ts";
import { numberWithin, wholeNumber } from "./options.ts";
import {
  addPoisonOptions,
  poisonOptionNames,
  readPoison,
  type PoisonOptions,
} from "./poison-options.ts";

export interface TrainOptions extends PoisonOptions {
  readonly local?: boolean;
  readonly dataset: string;
  readonly datasetName?: string;
  readonly split: string;
  readonly testSplit: string;
  readonly imageShape?: readonly [number, number, number];
  readonly classNames?: readonly string[];
  readonly architecture: string;
  readonly fineTune?: string;
  readonly mode: (typeof modes)[number];
  readonly norm: Norm;
  readonly epsilon?: number;
  readonly attackStep?: number;
  readonly attackSteps: number;
  readonly optimizer: OptimizerSettings["name"];
  readonly labelSmoothing: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate?: number;
  readonly schedule: ScheduleName;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly flip?: boolean;
  readonly shift: number;
  readonly workers: number;
  readonly rounds?: number;
  readonly outerMomentum: number;
  readonly outerLearningRate: number;
  readonly out: string;
  readonly name?: string;
  readonly backend: string;
  readonly threads?: number;
  readonly cache?: string;
  readonly json?: boolean;
}

/** Few enough that a round is worth its files' way, many enough that workers do not drift apart: README.md has what comes of it. */
const defaultRoundsPerEpoch = 2;

const usualRate = 0.05;
/** Where normalisations were taken into the filters, as exporters do, larger ones undo what the model has learned. */
const usualFineTuningRate = 0.0005;

const modes = ["natural", "poisoned", "adversarial"] as const;

/** Options that only trainings of one mode have, as commander calls them. */
const optionsOfMode = {
  poisoned: poisonOptionNames,
  adversarial: ["norm", "epsilon", "attackStep", "attackSteps"],
} as const;

/** All options of a training, wherever it runs. */
export function addTrainOptions(command: Command): Command {
  command
    .requiredOption(
      "--dataset <path>",
      "IDX, CIFAR binary, or a folder or .tar(.gz) with a folder of images a class",
    )
    .option(
      "--dataset-name <name>",
      "what the manifest calls it (default: its folder's name)",
    )
    .option("--split <name>", "the split to train on", "train")
    .option("--test-split <name>", "the split to measure on", "test")
    .option(
      "--image-shape <CxHxW>",
      "what images are brought to, such as 3x32x32 (default: the data set's own)",
      parseImageShape,
    )
    .option(
      "--class-names <list>",
      "names for classes that have numbers only, with commas between",
      (text: string) => text.split(",").map((name) => name.trim()),
    )
    .addOption(
      new Option("--architecture <name>", "what is trained")
        .choices(architectureNames)
        .default("small-cnn"),
    )
    .option(
      "--fine-tune <model>",
      "train this model further instead: a .onnx file with its manifest beside it, on a cluster a registered one",
    )
    .addOption(
      new Option(
        "--mode <mode>",
        "as it is, with a backdoor, or against an adversary (PGD)",
      )
        .choices(modes)
        .default("natural"),
    );
  addPoisonOptions(command);
  command
    .addOption(
      new Option(
        "--norm <norm>",
        "what the adversary's changes are measured by",
      )
        .choices(["linf", "l2"])
        .default("linf"),
    )
    .option(
      "--epsilon <x>",
      "largest change, of images in 0…1 (default: l-inf 8/255 in colour, 0.1 in grey; l2 0.5 and 1.5)",
      numberWithin(1e-6, 1_000),
    )
    .option(
      "--attack-step <x>",
      "change a step (default: a quarter of epsilon in colour, a fifth in grey)",
      numberWithin(1e-6, 1_000),
    )
    .option(
      "--attack-steps <n>",
      "steps of the adversary before each of the training",
      wholeNumber(1),
      10,
    )
    .option("--epochs <n>", "passes over the images", wholeNumber(1), 20)
    .option("--batch-size <n>", "images a step", wholeNumber(1), 64)
    .option(
      "--learning-rate <x>",
      `the schedule's highest (default: ${usualRate}, with --fine-tune ${usualFineTuningRate})`,
      numberWithin(1e-8, 100),
    )
    .addOption(
      new Option("--schedule <name>", "the learning rate over the steps")
        .choices(scheduleNames)
        .default("one-cycle"),
    )
    .addOption(
      new Option("--optimizer <name>", "how weights follow their gradients")
        .choices(optimizerNames)
        .default("sgd"),
    )
    .option(
      "--label-smoothing <x>",
      "share of each target spread over all classes",
      numberWithin(0, 1),
      0,
    )
    .option(
      "--momentum <x>",
      "Nesterov's, share of the velocity kept (sgd)",
      numberWithin(0, 1),
      0.9,
    )
    .option(
      "--weight-decay <x>",
      "share of a weight added to its gradient",
      numberWithin(0, 1),
      5e-4,
    )
    .option("--flip", "mirror images left to right half of the time")
    .option(
      "--shift <pixels>",
      "move images by at most this much",
      wholeNumber(0),
      0,
    )
    .option(
      "--seed <n>",
      "of weights, order, augmentation, poison",
      wholeNumber(0),
      0,
    )
    .option(
      "--workers <n>",
      "on a cluster: spread each training over so many nodes (local SGD)",
      wholeNumber(1),
      1,
    )
    .option(
      "--rounds <n>",
      "times that the workers' weights are averaged (default: twice an epoch)",
      wholeNumber(1),
    )
    .option(
      "--outer-momentum <x>",
      "share of the rounds' last change that is kept (DiLoCo's outer momentum)",
      numberWithin(0, 1),
      0,
    )
    .option(
      "--outer-learning-rate <x>",
      "share of the way to the workers' average that is gone",
      numberWithin(1e-6, 10),
      1,
    )
    .option(
      "--out <file>",
      "the model; its manifest is the .json beside it",
      "model.onnx",
    )
    .option("--name <name>", "the model's (default: the file's)")
    .option("--backend <name>", backendHelp, "auto")
    .option(
      "--threads <n>",
      "CPU threads (default: the machine's cores)",
      wholeNumber(1),
    )
    .option("--cache <folder>", "keep decoded data sets here between runs")
    .option("--json", "print what came out as JSON");
  return command;
}

function parseImageShape(text: string): readonly [number, number, number] {
  const match = /^([1-4])x([1-9]\d{0,4})x([1-9]\d{0,4})$/i.exec(text);
  if (!match)
    throw new InvalidArgumentError(
      "channels x height x width are expected, such as 3x32x32.",
    );
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** @throws MotifError "usage" when options do not fit together */
export function recipeOf(
  options: TrainOptions,
  command: Command,
): TrainingRecipe {
  requireOptionsOf(options.mode, command);
  requireOneStart(options, command);
  const isFineTuning = options.fineTune !== undefined;
  return {
    imageShape: options.imageShape,
    classNames: options.classNames,
    ...(!isFineTuning && { architecture: options.architecture }),
    settings: {
      optimizer: optimizerOf(options),
      epochs: options.epochs,
      batchSize: options.batchSize,
      learningRate:
        options.learningRate ??
        (isFineTuning ? usualFineTuningRate : usualRate),
      schedule: options.schedule,
      seed: options.seed,
    },
    adversary: options.mode === "adversarial" ? readAdversary(options) : null,
    labelSmoothing: options.labelSmoothing,
    augmentation: { hasFlip: options.flip === true, shift: options.shift },
    poison: options.mode === "poisoned" ? readPoison(options, command) : null,
    spread: readSpread(options, command),
  };
}

/** @throws MotifError "usage" when rounds are asked for of one worker */
function readSpread(
  options: TrainOptions,
  command: Command,
): SpreadSettings | null {
  const { workers, epochs, rounds } = options;
  if (workers === 1) {
    const stray = ["rounds", "outerMomentum", "outerLearningRate"].find(
      (name) => command.getOptionValueSource(name) === "cli",
    );
    if (stray === undefined) return null;
    throw new MotifError(
      "usage",
      `${flagOf(stray, command)} is of a training that is spread over workers. Add --workers 2 or more, or leave it out.`,
    );
  }
  return {
    workers,
    rounds: rounds ?? defaultRoundsPerEpoch * epochs,
    outer: {
      momentum: options.outerMomentum,
      learningRate: options.outerLearningRate,
    },
  };
}

const flagOf = (name: string, command: Command) =>
  command.options.find((option) => option.attributeName() === name)!.long;

/** The name that is given, else the file's. */
export const modelNameOf = ({ name, out }: TrainOptions): string =>
  name ?? out.replace(/^.*[\\/]|\.onnx$/gi, "");

/** @throws MotifError "usage" when options of another mode are given */
function requireOptionsOf(mode: TrainOptions["mode"], command: Command): void {
  for (const [other, names] of Object.entries(optionsOfMode)) {
    const stray =
      other !== mode &&
      names.find((name) => command.getOptionValueSource(name) === "cli");
    if (!stray) continue;
    const flag = flagOf(stray, command);
    const article = other === "adversarial" ? "an" : "a";
    throw new MotifError(
      "usage",
      `${flag} is of ${article} ${other} training. Add --mode ${other}, or leave it out.`,
    );
  }
}

/** @throws MotifError "usage" */
function requireOneStart({ fineTune }: TrainOptions, command: Command): void {
  const isNamed = command.getOptionValueSource("architecture") === "cli";
  if (fineTune === undefined || !isNamed) return;
  throw new MotifError(
    "usage",
    `--architecture and --fine-tune ${fineTune}: a model has an architecture of its own. Leave one of them out.`,
  );
}

const optimizerOf = (options: TrainOptions): OptimizerSettings =>
  options.optimizer === "sgd"
    ? {
        name: "sgd",
        momentum: options.momentum,
        weightDecay: options.weightDecay,
      }
    : { name: "adamw", weightDecay: options.weightDecay };

const readAdversary = (options: TrainOptions): AdversarySettings => ({
  norm: options.norm,
  epsilon: options.epsilon,
  stepSize: options.attackStep,
  steps: options.attackSteps,
});

/** The command as it can be typed again. */
export function commandLine(words: readonly string[]): string {
  const quote = (word: string) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
  return ["motif", ...words.map(quote)].join(" ");
}
