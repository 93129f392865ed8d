/**
 * `motif demo --local`: searches the bundled models in this process, without a server, one natural, one with a backdoor and one
 * trained against an adversary, and sets them side by side. Free canvases find what a class can be made of at all, and so the trigger; natural ones show what the
 * paper shows.
 */
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import type { Backend } from "../engine/index.ts";
import { searchLocally } from "../local/search-locally.ts";
import { describeFinding, findSmallest } from "../report/finding.ts";
import { writeComparison, writeReport, writeResult } from "../report/index.ts";
import type { Result } from "../report/result.ts";
import { presets, type CanvasSource } from "../search/settings.ts";
import { backendHelp, openBackend } from "./open-backend.ts";
import { wholeNumber } from "./options.ts";
import { formatSeconds, newProgress, type Progress } from "./progress.ts";
import { runStoppable } from "./stoppable.ts";

const bundled = fileURLToPath(new URL("../../../infra/demo/", import.meta.url));
const models = ["natural", "badnets", "adversarial"] as const;
const sources = ["free", "natural"] as const;
const demoSettings = {
  ...presets.default,
  steps: 300,
  canvases: 2,
};

interface DemoOptions {
  readonly out: string;
  readonly backend: string;
  readonly threads?: number;
  readonly json?: boolean;
}

export function addDemoCommand(program: Command): void {
  program
    .command("demo")
    .description("search the bundled models and show them side by side")
    .option("--local", "without a server, in this process")
    .option("--out <folder>", "where results and report go", "motif-demo")
    .option("--backend <name>", backendHelp, "auto")
    .option(
      "--threads <n>",
      "CPU threads (default: the machine's cores)",
      wholeNumber(1),
    )
    .option("--json", "print what came out as JSON")
    .action(runDemo);
}

async function runDemo(options: DemoOptions): Promise<void> {
  const now = () => performance.now();
  const began = now();
  const isQuiet = options.json === true && !process.stderr.isTTY;
  const progress = newProgress(process.stderr, now, isQuiet);
  const search = async (signal: AbortSignal) => {
    const backend = await openBackend(options.backend, {
      threads: options.threads,
      onTrials: (line) => progress.line(line),
    });
    const entries: { directory: string; result: Result }[] = [];
    const runs = models.flatMap((model) =>
      sources.map((source) => ({ model, source })),
    );
    for (const [index, { model, source }] of runs.entries()) {
      progress.phase(
        `${index + 1}/${runs.length}  ${model} model, ${source} canvases, ten classes`,
      );
      const directory = join(options.out, `${model}-${source}`);
      const run = { directory, model, source, backend, signal, now, progress };
      entries.push({ directory, result: await searchModel(run) });
    }
    const page = await writeComparison(options.out, entries);
    const seconds = (now() - began) / 1000;
    const findings = entries
      .filter(({ result }) => result.model.canvasSource === "free")
      .map(({ result }) => findSmallest(result));
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ out: options.out, report: page, findings })}\n`
        : `\n${findings.map(describeFinding).join("\n")}\n\nDone in ${formatSeconds(seconds)}. Report: ${shorten(page)}\n`,
    );
  };
  await runStoppable(
    progress,
    search,
    () => "Stopped. The same command goes on from here.",
  );
}

interface DemoRun {
  readonly directory: string;
  readonly model: (typeof models)[number];
  readonly source: CanvasSource;
  readonly backend: Backend;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly progress: Progress;
}

/** @throws MotifError what the search failed with; the signal's reason where it was stopped, with what was done kept */
async function searchModel(run: DemoRun): Promise<Result> {
  const { directory, model, source, backend, signal, now, progress } = run;
  const { result, failure } = await searchLocally(
    {
      modelPath: join(bundled, "models", `${model}.onnx`),
      datasetPath: join(bundled, "data"),
      datasetName: "Fashion-MNIST sample",
      outDirectory: directory,
      classes: "all",
      settings: { ...demoSettings, canvasSource: source },
      seed: 0,
      evaluateImages: 1000,
      threshold: 0.9,
      backend,
    },
    {
      signal,
      now,
      events: {
        onPlanned: (work) => progress.begin(work),
        onWork: (work) => progress.advance(work),
        onWarning: (message) => progress.line(`Note: ${message}`),
      },
    },
  );
  progress.finish();
  if (failure) throw failure;
  signal.throwIfAborted();
  await writeResult(directory, result);
  await writeReport(directory, result);
  return result;
}

/** A path as short as it can be said from here. */
function shorten(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") ? resolve(path) : fromHere;
}
