/** `motif train`: submits trainings and watches them. What is trained is said by the options of `motif train --local`. */
import type { Command } from "commander";
import { runMotif } from "../launcher/launcher.ts";
import type { ApiJob } from "./api-types.ts";
import { describeLeaving, requireSucceeded } from "./job-outcome.ts";
import {
  clientOf,
  wholeNumber,
  withClientFlags,
  type ClientFlags,
} from "./options.ts";
import { print } from "./print.ts";
import { newProgress } from "./progress.ts";
import { showJob } from "./show-job.ts";
import { runStoppable } from "./stoppable.ts";
import { shortId } from "./table.ts";
import { watchJob } from "./watch-job.ts";

interface TrainFlags extends ClientFlags {
  readonly dataset: string;
  readonly fineTune?: string;
  readonly split: string;
  readonly testSplit: string;
  readonly backend: string;
  readonly jobName?: string;
  readonly weight?: number;
  readonly watch: boolean;
}

interface TrainRun {
  readonly name: string;
  readonly recipe: unknown;
  readonly command: string;
}

export function addTrainCommand(program: Command): void {
  withClientFlags(program.command("train"))
    .description(
      "train classifiers on the cluster: a model, or with --sweep one for each combination of values",
    )
    .requiredOption("--dataset <name>", "a registered data set")
    .option(
      "--fine-tune <model>",
      "a registered model that is trained further (default: an architecture from initial weights)",
    )
    .option("--split <name>", "the split to train on", "train")
    .option("--test-split <name>", "the split to measure on", "test")
    .option(
      "--backend <name>",
      "what computes (default: what each node chose)",
      "auto",
    )
    .option("--job-name <text>", "what to call the job")
    .option(
      "--weight <n>",
      "its share of the cluster against other jobs (default: 1)",
      wholeNumber(1, 1000),
    )
    .option("--no-watch", "submit it and leave")
    .option(
      "--local",
      "without a server, in this process: motif train --local --help shows all that can be trained",
    )
    .allowUnknownOption()
    .allowExcessArguments()
    .action(runTrain);
}

async function runTrain(flags: TrainFlags, command: Command): Promise<void> {
  const now = () => performance.now();
  const isQuiet = flags.json === true && !process.stderr.isTTY;
  const progress = newProgress(process.stderr, now, isQuiet);
  const submitted: ApiJob[] = [];
  await runStoppable(
    async (signal) => {
      const client = clientOf(flags, signal);
      try {
        const { dataset, fineTune, split, testSplit, backend } = flags;
        const runs = await runMotif<readonly TrainRun[]>(
          [
            ...["train", "--print-recipes", "--dataset", dataset],
            ...["--split", split, "--test-split", testSplit],
            ...(fineTune === undefined ? [] : ["--fine-tune", fineTune]),
            ...command.args,
          ],
          signal,
        );
        const { jobName: name, weight } = flags;
        const job = await client.post<ApiJob>("/api/jobs", {
          ...{ kind: "train", dataset, split, testSplit, backend, runs },
          ...{ fineTune, name, weight },
        });
        submitted.push(job);
        if (!flags.watch) return print(flags, job, job.id);
        progress.line(
          `Job ${shortId(job.id)}: ${job.name}, ${runs.length === 1 ? "1 model" : `${runs.length} models`}.`,
        );
        const ended = await watchJob(client, job.id, {
          ...{ signal, now, ...showJob(progress) },
        });
        signal.throwIfAborted();
        progress.finish();
        await requireSucceeded(client, ended);
        print(
          flags,
          ended,
          `Job ${shortId(ended.id)} is done: its models are registered, and checked against ${job.dataset}. \`motif models list\` shows them.`,
        );
      } finally {
        progress.finish();
      }
    },
    () => describeLeaving(submitted[0]),
  );
}
