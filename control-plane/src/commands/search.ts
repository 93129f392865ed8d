/** `motif search`: submits a job and watches it. */
import { Option, type Command } from "commander";
import type { ApiClient } from "./api-client.ts";
import type { ApiJob } from "./api-types.ts";
import { exportJob } from "./export.ts";
import { describeLeaving, requireSucceeded } from "./job-outcome.ts";
import {
  clientOf,
  numberWithin,
  wholeNumber,
  withClientFlags,
  type ClientFlags,
} from "./options.ts";
import { print } from "./print.ts";
import { newProgress, type Progress } from "./progress.ts";
import { resolveInputs } from "./resolve-inputs.ts";
import { showJob } from "./show-job.ts";
import { runStoppable } from "./stoppable.ts";
import { shortId } from "./table.ts";
import { watchJob } from "./watch-job.ts";

interface SearchFlags extends ClientFlags {
  readonly model: string;
  readonly manifest?: string;
  readonly dataset: string;
  readonly split?: string;
  readonly name?: string;
  readonly weight?: number;
  readonly out?: string;
  readonly watch: boolean;
  readonly classes: string;
  readonly preset?: string;
  readonly steps?: number;
  readonly batchSize?: number;
  readonly alpha?: number;
  readonly stepSize?: number;
  readonly canvases?: number;
  readonly canvasIndex?: number;
  readonly canvasSource?: string;
  readonly seeds?: number;
  readonly seed?: number;
  readonly pack?: number;
  readonly evaluateImages?: number;
  readonly threshold?: number;
  readonly backend?: string;
}

export function addSearchCommand(program: Command): void {
  withClientFlags(program.command("search"))
    .description("search the pattern of each class of a model")
    .option(
      "--local",
      "without a server, in this process: motif search --local --help shows its options",
    )
    .requiredOption(
      "--model <name>",
      "a registered model, or an .onnx file, which is added first",
    )
    .option(
      "--manifest <file>",
      "of a file, where it is not the .json beside it",
    )
    .requiredOption(
      "--dataset <name>",
      "a registered data set, or its path, which is added first",
    )
    .option("--split <name>", "of a path that has several splits")
    .option("--name <text>", "what to call the job")
    .option(
      "--weight <n>",
      "its share of the cluster against other jobs (default: 1)",
      wholeNumber(1, 1000),
    )
    .option(
      "--out <folder>",
      "export result and report to this folder at the end",
    )
    .option("--no-watch", "submit it and leave")
    .option(
      "--classes <list>",
      "all, or numbers and ranges such as 0,3-5",
      "all",
    )
    .addOption(
      new Option("--preset <name>", "the settings to start from").choices([
        "default",
        "official",
      ]),
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
    .option("--seed <n>", "the first seed", wholeNumber(0))
    .option(
      "--pack <n>",
      "searches that share a forward pass (default: by the size of the images)",
      wholeNumber(1),
    )
    .option(
      "--evaluate-images <n>",
      "most images that a pattern is tried on",
      wholeNumber(1),
    )
    .option(
      "--threshold <x>",
      "predictive power that k* asks for",
      numberWithin(0, 1),
    )
    .option("--backend <name>", "what computes (default: what each node chose)")
    .action(runSearch);
}

async function runSearch(flags: SearchFlags): Promise<void> {
  const now = () => performance.now();
  const isQuiet = flags.json === true && !process.stderr.isTTY;
  const progress = newProgress(process.stderr, now, isQuiet);
  const submitted: ApiJob[] = [];
  await runStoppable(
    async (signal) => {
      const client = clientOf(flags, signal);
      try {
        const say = (line: string) => progress.line(line);
        const inputs = await resolveInputs(client, flags, { signal, now, say });
        const job = await submit(
          client,
          flags,
          inputs.model.name,
          inputs.dataset.name,
        );
        submitted.push(job);
        if (!flags.watch) return print(flags, job, job.id);
        progress.line(
          `Job ${shortId(job.id)}: ${job.name}, ${describePlan(job)}.`,
        );
        const { classesShortOfCanvases: short } = job.parameters;
        if (Number(short) > 0)
          progress.line(
            `Note: of ${counted(short, "class", "classes")} the data set has fewer images to serve as canvas than were asked for; all that it has are used. ` +
              "--canvas-source noise makes as many as are asked for.",
          );
        const { classNames = [] } = inputs.check.facts ?? {};
        await finish(client, job, flags, { progress, classNames, signal, now });
      } finally {
        progress.finish();
      }
    },
    () => describeLeaving(submitted[0]),
  );
}

/** @example "3,000 searches in 7 shards" */
function describePlan({ parameters, shards }: ApiJob): string {
  return `${counted(parameters.searches, "search", "searches")} in ${counted(shards.total, "shard", "shards")}`;
}

function counted(count: unknown, one: string, many: string): string {
  return `${Number(count).toLocaleString("en")} ${count === 1 ? one : many}`;
}

function submit(
  client: ApiClient,
  flags: SearchFlags,
  model: string,
  dataset: string,
): Promise<ApiJob> {
  const { name, weight, classes, preset, steps, batchSize, alpha, stepSize } =
    flags;
  const { canvases, canvasIndex, canvasSource, seeds, seed, pack } = flags;
  const { evaluateImages, threshold, backend } = flags;
  return client.post<ApiJob>("/api/jobs", {
    ...{ kind: "search", model, dataset, name, weight, classes, preset, steps },
    ...{ batchSize, alpha, stepSize, canvases, canvasIndex, canvasSource },
    ...{ seeds, seed, pack, evaluateImages, threshold, backend },
  });
}

interface Watching {
  readonly progress: Progress;
  readonly classNames: readonly string[];
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** Watches to the end and exports where that was asked for. @throws ControlPlaneError where the job did not succeed */
async function finish(
  client: ApiClient,
  job: ApiJob,
  flags: SearchFlags,
  { progress, classNames, signal, now }: Watching,
): Promise<void> {
  const shown = showJob(progress, classNames);
  const ended = await watchJob(client, job.id, {
    ...{ signal, now, ...shown },
    // The job is this command's own: what happened before the watch began is told too.
    onEvent: (event) => shown.onEvent(event, false),
  });
  signal.throwIfAborted();
  progress.finish();
  await requireSucceeded(client, ended);
  if (flags.out === undefined)
    return print(
      flags,
      ended,
      `Job ${shortId(ended.id)} is done. \`motif export ${shortId(ended.id)} --out DIR\` writes its result and report.`,
    );
  await exportJob(client, ended, { ...flags, out: flags.out }, signal);
}
