/** `motif evaluate`: from the command line to what a trained model is worth. */
import { Option, type Command } from "commander";
import {
  evaluateLocally,
  type LocalEvaluation,
} from "../local/evaluate-locally.ts";
import { MotifError } from "../motif-error.ts";
import type { EvaluationAttack } from "../shards/evaluate-classifier.ts";
import { backendHelp, openBackend } from "./open-backend.ts";
import { positiveNumber, wholeNumber } from "./options.ts";
import { formatSeconds, newProgress } from "./progress.ts";
import { showAttack, showEvaluation } from "./show-evaluation.ts";
import { runStoppable } from "./stoppable.ts";

interface EvaluateOptions {
  readonly local?: boolean;
  readonly model: string;
  readonly manifest?: string;
  readonly dataset: string;
  readonly split?: string;
  readonly images?: number;
  readonly attack: "none" | "pgd" | "ensemble";
  readonly norm: "linf" | "l2";
  readonly epsilon?: number;
  readonly stepSize?: number;
  readonly steps: number;
  readonly apgdSteps: number;
  readonly apgdTargets: number;
  readonly squareQueries: number;
  readonly seed: number;
  readonly batchSize?: number;
  readonly backend: string;
  readonly threads?: number;
  readonly cache?: string;
  readonly json?: boolean;
  readonly out?: string;
}

/** Options that have a meaning with some attacks only, as commander calls them. */
const attackOptions = ["norm", "epsilon", "stepSize", "steps"] as const;
const ensembleOptions = ["apgdSteps", "apgdTargets", "squareQueries"] as const;

export function addEvaluateCommand(program: Command): void {
  program
    .command("evaluate")
    .description(
      "measure a model: accuracy, calibration, a known backdoor, robustness",
    )
    .option("--local", "without a server, in this process")
    .requiredOption(
      "--model <file>",
      "the model, an .onnx file; its manifest is the .json beside it",
    )
    .option("--manifest <file>", "the manifest, where it lies elsewhere")
    .requiredOption(
      "--dataset <path>",
      "IDX, CIFAR binary, or a folder or .tar(.gz) with a folder of images a class",
    )
    .option(
      "--split <name>",
      "the split to measure on (default: test, else val, else train)",
    )
    .option(
      "--images <n>",
      "at most this many, chosen by the seed (default: all)",
      wholeNumber(1),
    )
    .addOption(
      new Option(
        "--attack <name>",
        "PGD from a random start, or PGD, APGD-CE, APGD-T and Square together",
      )
        .choices(["none", "pgd", "ensemble"])
        .default("pgd"),
    )
    .addOption(
      new Option("--norm <name>", "how far a perturbation goes is measured in")
        .choices(["linf", "l2"])
        .default("linf"),
    )
    .option(
      "--epsilon <x>",
      "how far, on pixels of 0…1 (default: for colour 8/255, l2 0.5; for grey 0.1, l2 1.5)",
      positiveNumber(1000),
    )
    .option(
      "--step-size <x>",
      "of PGD (default: for colour ε/4, for grey ε/5)",
      positiveNumber(1000),
    )
    .option("--steps <n>", "of PGD", wholeNumber(1), 20)
    .option(
      "--apgd-steps <n>",
      "of APGD-CE, and of APGD-T for each target",
      wholeNumber(1),
      100,
    )
    .option(
      "--apgd-targets <n>",
      "classes that APGD-T aims at, the nearest ones",
      wholeNumber(1),
      9,
    )
    .option(
      "--square-queries <n>",
      "points that Square asks about (l2 has no Square)",
      wholeNumber(1),
      1000,
    )
    .option(
      "--seed <n>",
      "of the choice of images, and of the attacks",
      wholeNumber(0),
      0,
    )
    .option(
      "--batch-size <n>",
      "images a run (default: 64, fewer of large ones)",
      wholeNumber(1),
    )
    .option("--backend <name>", backendHelp, "auto")
    .option(
      "--threads <n>",
      "CPU threads (default: the machine's cores)",
      wholeNumber(1),
    )
    .option("--cache <folder>", "keep decoded data sets here between runs")
    .option("--json", "print what came out as JSON")
    .option("--out <file>", "write what came out as JSON")
    .action(runEvaluate);
}

async function runEvaluate(
  options: EvaluateOptions,
  command: Command,
): Promise<void> {
  if (!options.local) {
    throw new MotifError(
      "usage",
      "a compute node's program evaluates in its own process: motif evaluate needs --local here. Add it and run it again.",
    );
  }
  const attack = readAttack(options, command);
  const now = () => performance.now();
  const began = now();
  const progress = newProgress(
    process.stderr,
    now,
    options.json === true && !process.stderr.isTTY,
  );
  const evaluate = async (signal: AbortSignal) => {
    const backend = await openBackend(options.backend, {
      threads: options.threads,
      onTrials: (line) => progress.line(line),
    });
    const job: LocalEvaluation = {
      modelPath: options.model,
      manifestPath: options.manifest,
      datasetPath: options.dataset,
      split: options.split,
      images: options.images,
      attack,
      seed: options.seed,
      batchSize: options.batchSize,
      outPath: options.out,
      backend,
      cacheDirectory: options.cache,
    };
    let attackBegan = began;
    const outcome = await evaluateLocally(job, {
      signal,
      events: {
        onPhase: (phase) => progress.line(`${phase} …`),
        onWarning: (text) => progress.line(`Warning: ${text}`),
        onDecoded: (done, total) => progress.count(done, total, "images"),
        onPlanned: (work) => progress.begin(work),
        onWork: (units) => progress.advance(units),
        onAttack(name, images) {
          attackBegan = now();
          progress.line(
            `${name} on ${images} images, on ${backend.name} (${backend.provider}, ${backend.threads} threads) …`,
          );
        },
        onAttackDone: (summary) =>
          progress.line(showAttack(summary, (now() - attackBegan) / 1000)),
      },
    });
    progress.finish();
    const wallMs = Math.round(now() - began);
    const written = options.out ? ` Written to ${options.out}.` : "";
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ ...outcome, wallMs })}\n`
        : `${showEvaluation(outcome)}In ${formatSeconds(wallMs / 1000)}.${written}\n`,
    );
  };
  await runStoppable(
    progress,
    evaluate,
    () => "Stopped. Nothing was written; the same command begins anew.",
  );
}

/** @throws MotifError "usage" when options of an attack are given without it */
function readAttack(
  options: EvaluateOptions,
  command: Command,
): EvaluationAttack | null {
  const { attack, norm, epsilon, stepSize } = options;
  const refuseStray = (names: readonly string[], needs: string) => {
    const stray = command.options.find(
      (option) =>
        names.includes(option.attributeName()) &&
        command.getOptionValueSource(option.attributeName()) === "cli",
    );
    if (stray)
      throw new MotifError(
        "usage",
        `${stray.long} has no meaning with --attack ${attack}. Add --attack ${needs}, or leave it out.`,
      );
  };
  if (attack !== "ensemble") refuseStray(ensembleOptions, "ensemble");
  if (attack === "none") {
    refuseStray(attackOptions, "pgd");
    return null;
  }
  return {
    attack,
    norm,
    epsilon,
    stepSize,
    pgdSteps: options.steps,
    apgdSteps: options.apgdSteps,
    apgdTargets: options.apgdTargets,
    squareQueries: options.squareQueries,
  };
}
