/** `motif train`: submits trainings and watches them. What is trained is said by the options of `motif train --local`. */
import type { Command } from "commander";
import { runMotif } from "../launcher/launcher.ts";
import { requireSucceeded } from "./job-outcome.ts";
import { wholeNumber, withClientFlags, type ClientFlags } from "./options.ts";
import { print } from "./print.ts";
import { submitAndWatch } from "./submit-and-watch.ts";
import { shortId } from "./table.ts";

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
  const { dataset, fineTune, split, testSplit, backend } = flags;
  await submitAndWatch(
    flags,
    async (_, signal) => {
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
      return {
        ...{ kind: "train", dataset, split, testSplit, backend, runs },
        ...{ fineTune, name, weight },
      };
    },
    async (client, ended) => {
      await requireSucceeded(client, ended);
      print(
        flags,
        ended,
        `Job ${shortId(ended.id)} is done: its models are registered, and checked against ${ended.dataset}. \`motif models list\` shows them.`,
      );
    },
  );
}
