/** `motif train --local`: from the command line to a trained model and its manifest. */
import type { Command } from "commander";
import type { MeasuredShare } from "../evaluation/measured-share.ts";
import {
  trainLocally,
  type LocalTraining,
  type LocalTrainingOutcome,
} from "../local/train-locally.ts";
import { openBackend } from "./open-backend.ts";
import { formatSeconds, newProgress } from "./progress.ts";
import { runStoppable } from "./stoppable.ts";
import {
  addTrainOptions,
  commandLine,
  modelNameOf,
  recipeOf,
  type TrainOptions,
} from "./train-options.ts";
import { printRecipes } from "./train-recipes.ts";

interface TrainFlags extends TrainOptions {
  readonly local?: boolean;
  readonly printRecipes?: boolean;
}

export function addTrainCommand(program: Command): void {
  addTrainOptions(
    program
      .command("train")
      .description("train a classifier: natural, poisoned or adversarial")
      .option("--local", "without a server, in this process")
      .option(
        "--print-recipes",
        "print what would be trained as JSON: a model each that --sweep asks for",
      )
      .option(
        "--sweep <option=values>",
        "with --print-recipes, or on a cluster: a model for each value, such as seed=0,1,2; several make all combinations",
      )
      .option(
        "--variants <file>",
        "with --print-recipes, or on a cluster: a model for each line, a name and its options",
      ),
  ).action(runTrain);
}

async function runTrain(options: TrainFlags, command: Command): Promise<void> {
  if (options.printRecipes) return printRecipes(process.argv.slice(3));
  const recipe = recipeOf(options, command);
  const now = () => performance.now();
  const began = now();
  const progress = newProgress(
    process.stderr,
    now,
    options.json === true && !process.stderr.isTTY,
  );
  let isTraining = false;
  const train = async (signal: AbortSignal) => {
    const backend = await openBackend(options.backend, {
      threads: options.threads,
      onTrials: (line) => progress.line(line),
    });
    const job: LocalTraining = {
      datasetPath: options.dataset,
      datasetName: options.datasetName,
      split: options.split,
      testSplit: options.testSplit,
      recipe,
      startPath: options.fineTune,
      outPath: options.out,
      name: modelNameOf(options),
      command: commandLine(process.argv.slice(2)),
      backend,
      cacheDirectory: options.cache,
    };
    const outcome = await trainLocally(job, {
      signal,
      now,
      events: {
        onWarning: (text) => progress.line(`Note: ${text}`),
        onPhase: (phase) =>
          progress.phase(
            phase === "Training"
              ? `${options.fineTune === undefined ? `Training ${options.architecture}` : `Fine-tuning ${options.fineTune}`} on ${backend.name} (${backend.provider}, ${backend.threads} threads)`
              : phase,
          ),
        onPlanned(steps, done) {
          isTraining = true;
          if (done > 0) progress.line(`Going on after ${done} steps.`);
          progress.begin(steps);
        },
        onStep: () => progress.advance(1),
        onEpoch: ({ epoch, loss, accuracy }, epochs) =>
          progress.line(
            `epoch ${epoch}/${epochs}: loss ${loss.toFixed(4)}, ${percent(accuracy)} right on the training images`,
          ),
      },
    });
    progress.finish();
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ ...outcome, wallMs: Math.round(now() - began) })}\n`
        : describe(outcome, (now() - began) / 1000),
    );
  };
  await runStoppable(progress, train, () =>
    isTraining
      ? `Stopped. The same command goes on from here (${options.out}.checkpoint).`
      : "Stopped before the first step.",
  );
}

function describe(outcome: LocalTrainingOutcome, seconds: number): string {
  const { cleanAccuracy, attackSuccessRate } = outcome;
  const interval = ({ share, n, wilson95: [low, high] }: MeasuredShare) =>
    `${percent(share)} of ${n} images (95%: ${percent(low)} to ${percent(high)})`;
  const attack = attackSuccessRate
    ? `Attack success rate ${interval(attackSuccessRate)}.\n`
    : "";
  return (
    `Clean accuracy ${interval(cleanAccuracy)}.\n${attack}` +
    `Model: ${outcome.modelPath} (${Math.ceil(outcome.modelBytes / 1000)} kB), manifest: ${outcome.manifestPath}, in ${formatSeconds(seconds)}.\n`
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}
