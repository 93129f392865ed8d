/** `motif search`: from the command line to a local search and its report. */
import { Option, type Command } from "commander";
import { searchLocally } from "../local/search-locally.ts";
import { MotifError } from "../motif-error.ts";
import { writeReport, writeResult } from "../report/index.ts";
import {
  presetNames,
  presets,
  type CanvasSource,
  type PresetName,
  type SearchSettings,
} from "../search/settings.ts";
import { backendHelp, openBackend } from "./open-backend.ts";
import { numberWithin, wholeNumber } from "./options.ts";
import { formatSeconds, newProgress } from "./progress.ts";
import { showSearch } from "./show-search.ts";
import { runStoppable } from "./stoppable.ts";

interface SearchOptions {
  readonly local?: boolean;
  readonly model: string;
  readonly manifest?: string;
  readonly dataset: string;
  readonly split?: string;
  readonly out: string;
  readonly classes: string;
  readonly preset: PresetName;
  readonly steps?: number;
  readonly batchSize?: number;
  readonly alpha?: number;
  readonly stepSize?: number;
  readonly canvases?: number;
  readonly canvasIndex?: number;
  readonly canvasSource?: CanvasSource;
  readonly seeds?: number;
  readonly seed: number;
  readonly pack?: number;
  readonly evaluateImages: number;
  readonly threshold: number;
  readonly backend: string;
  readonly threads?: number;
  readonly cache?: string;
  readonly json?: boolean;
}

export function addSearchCommand(program: Command): void {
  program
    .command("search")
    .description("search the pattern of each class of a model")
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
      "the split to use of a data set that has several (default: test, else val, else train)",
    )
    .option(
      "--out <folder>",
      "where result.json, pictures and report go",
      "motif-search",
    )
    .option(
      "--classes <list>",
      "all, or numbers and ranges such as 0,3-5",
      "all",
    )
    .addOption(
      new Option("--preset <name>", "the settings to start from")
        .choices(presetNames)
        .default("default"),
    )
    .option("--steps <n>", "steps a search", wholeNumber(1))
    .option("--batch-size <n>", "images a step", wholeNumber(1))
    .option(
      "--alpha <x>",
      "weight of the cross-entropy against the mask's size",
      numberWithin(0, 1),
    )
    .option(
      "--step-size <x>",
      "change of a mask value in a step",
      numberWithin(1e-6, 1),
    )
    .option("--canvases <n>", "canvases a class", wholeNumber(1))
    .option(
      "--canvas-index <n>",
      "only this canvas of each class",
      wholeNumber(0),
    )
    .addOption(
      new Option(
        "--canvas-source <source>",
        "where a pattern's pixel values come from",
      ).choices(["natural", "noise", "free"]),
    )
    .option("--seeds <n>", "seeds a canvas", wholeNumber(1))
    .option("--seed <n>", "the first seed", wholeNumber(0), 0)
    .option(
      "--pack <n>",
      "searches that share a forward pass (default: by the size of the images)",
      wholeNumber(1),
    )
    .option(
      "--evaluate-images <n>",
      "most images that a pattern is tried on",
      wholeNumber(1),
      1000,
    )
    .option(
      "--threshold <x>",
      "predictive power that k* asks for",
      numberWithin(0, 1),
      0.9,
    )
    .option("--backend <name>", backendHelp, "auto")
    .option(
      "--threads <n>",
      "CPU threads (default: the machine's cores)",
      wholeNumber(1),
    )
    .option("--cache <folder>", "keep decoded data sets here between runs")
    .option("--json", "print the result's facts as JSON")
    .action(runSearch);
}

async function runSearch(options: SearchOptions): Promise<void> {
  if (!options.local) {
    throw new MotifError(
      "usage",
      "motif search needs --local: this version has no server yet. Add --local and run it again.",
    );
  }
  const preset = presets[options.preset];
  const settings: SearchSettings = {
    ...preset,
    steps: options.steps ?? preset.steps,
    batchSize: options.batchSize ?? preset.batchSize,
    alpha: options.alpha ?? preset.alpha,
    stepSize: options.stepSize ?? preset.stepSize,
    canvases: options.canvases ?? preset.canvases,
    seeds: options.seeds ?? preset.seeds,
    canvasSource: options.canvasSource ?? preset.canvasSource,
  };
  const now = () => performance.now();
  const began = now();
  const progress = newProgress(
    process.stderr,
    now,
    options.json === true && !process.stderr.isTTY,
  );
  const search = async (signal: AbortSignal) => {
    const backend = await openBackend(options.backend, {
      threads: options.threads,
      onTrials: (line) => progress.line(line),
    });
    const outcome = await searchLocally(
      {
        modelPath: options.model,
        manifestPath: options.manifest,
        datasetPath: options.dataset,
        split: options.split,
        outDirectory: options.out,
        classes: options.classes,
        settings,
        canvasIndex: options.canvasIndex,
        seed: options.seed,
        pack: options.pack,
        evaluateImages: options.evaluateImages,
        threshold: options.threshold,
        backend,
        cacheDirectory: options.cache,
      },
      { signal, now, events: showSearch(progress, backend) },
    );
    const { result, wasStopped, failure, resumed } = outcome;
    const searched = result.patterns.length;
    progress.finish();
    if (searched > 0) {
      await writeResult(options.out, result);
      const page = await writeReport(options.out, result);
      const kept = resumed > 0 ? `, ${resumed} of them from before` : "";
      const seconds = (now() - began) / 1000;
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ out: options.out, patterns: searched, wasStopped, report: page })}\n`
          : `${searched} patterns${kept} in ${formatSeconds(seconds)}.\nReport: ${page}\n`,
      );
    }
    if (failure) throw failure;
  };
  await runStoppable(
    progress,
    search,
    () => "Stopped. The same command goes on from here.",
  );
}
