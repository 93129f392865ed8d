/** `motif evaluate`: submits evaluations, watches them, and shows what came out. */
import { access, constants, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Option, type Command } from "commander";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { ApiClient } from "./api-client.ts";
import type { ApiEvaluation, ApiJob, ApiMeasuredShare } from "./api-types.ts";
import { requireSucceeded } from "./job-outcome.ts";
import {
  numberWithin,
  wholeNumber,
  withClientFlags,
  type ClientFlags,
} from "./options.ts";
import { print } from "./print.ts";
import { submitAndWatch } from "./submit-and-watch.ts";
import { formatTable } from "./table.ts";

interface EvaluateFlags extends ClientFlags {
  readonly dataset: string;
  readonly split?: string;
  readonly images?: number;
  readonly attack: "none" | "pgd" | "ensemble";
  readonly norm?: string;
  readonly epsilon?: number;
  readonly stepSize?: number;
  readonly steps?: number;
  readonly apgdSteps?: number;
  readonly apgdTargets?: number;
  readonly squareQueries?: number;
  readonly seed?: number;
  readonly batchSize?: number;
  readonly backend?: string;
  readonly out?: string;
  readonly jobName?: string;
  readonly weight?: number;
  readonly watch: boolean;
}

export function addEvaluateCommand(program: Command): void {
  withClientFlags(program.command("evaluate"))
    .description(
      "measure models on the cluster: accuracy, calibration, a known backdoor, robustness",
    )
    .argument("<model...>", "registered models")
    .requiredOption("--dataset <name>", "a registered data set")
    .option(
      "--split <name>",
      "the split to measure on (default: as the data set was registered)",
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
      new Option(
        "--norm <name>",
        "how far a perturbation goes is measured in (default: linf)",
      ).choices(["linf", "l2"]),
    )
    .option(
      "--epsilon <x>",
      "how far, on pixels of 0…1 (default: for colour 8/255, l2 0.5; for grey 0.1, l2 1.5)",
      numberWithin(1e-9, 1000),
    )
    .option(
      "--step-size <x>",
      "of PGD (default: for colour ε/4, for grey ε/5)",
      numberWithin(1e-9, 1000),
    )
    .option("--steps <n>", "of PGD (default: 20)", wholeNumber(1))
    .option(
      "--apgd-steps <n>",
      "of APGD-CE, and of APGD-T for each target (default: 100)",
      wholeNumber(1),
    )
    .option(
      "--apgd-targets <n>",
      "classes that APGD-T aims at, the nearest ones (default: 9)",
      wholeNumber(1),
    )
    .option(
      "--square-queries <n>",
      "points that Square asks about; l2 has no Square (default: 1000)",
      wholeNumber(1),
    )
    .option(
      "--seed <n>",
      "of the choice of images, and of the attacks (default: 0)",
      wholeNumber(0),
    )
    .option(
      "--batch-size <n>",
      "images a run (default: 64, fewer of large ones)",
      wholeNumber(1),
    )
    .option("--backend <name>", "what computes (default: what each node chose)")
    .option("--out <file>", "write what came out as JSON")
    .option("--job-name <text>", "what to call the job")
    .option(
      "--weight <n>",
      "its share of the cluster against other jobs (default: 1)",
      wholeNumber(1, 1000),
    )
    .option("--no-watch", "submit it and leave")
    .option(
      "--local",
      "without a server, in this process: motif evaluate --local --help shows its options",
    )
    .action(runEvaluate);
}

async function runEvaluate(
  models: readonly string[],
  flags: EvaluateFlags,
): Promise<void> {
  const request = requestOf(models, flags);
  if (flags.out !== undefined) await requireWritable(flags.out);
  await submitAndWatch(
    flags,
    async () => request,
    async (client, ended) => {
      // Of a job that failed too: the other models were measured.
      await finish(client, ended, flags);
      await requireSucceeded(client, ended);
    },
  );
}

/** @throws ControlPlaneError "invalid" when options of an attack are given without it */
function requestOf(models: readonly string[], flags: EvaluateFlags): unknown {
  const { dataset, split, images, seed, batchSize, backend, weight } = flags;
  const { attack, norm, epsilon, stepSize, steps } = flags;
  const { apgdSteps, apgdTargets, squareQueries, jobName: name } = flags;
  const refuseStray = (options: Readonly<Record<string, unknown>>) => {
    const stray = Object.keys(options).find(
      (option) => options[option] !== undefined,
    );
    if (stray === undefined) return;
    throw new ControlPlaneError(
      "invalid",
      `${stray} has no meaning with --attack ${attack}. Choose another --attack, or leave it out.`,
    );
  };
  if (attack !== "ensemble")
    refuseStray({
      "--apgd-steps": apgdSteps,
      "--apgd-targets": apgdTargets,
      "--square-queries": squareQueries,
    });
  if (attack === "none")
    refuseStray({
      "--norm": norm,
      "--epsilon": epsilon,
      "--step-size": stepSize,
      "--steps": steps,
    });
  return {
    ...{ kind: "evaluate", models, dataset, split, images, seed, batchSize },
    ...{ backend, weight, name },
    attack:
      attack === "none"
        ? null
        : {
            ...{ attack, norm, epsilon, stepSize, pgdSteps: steps },
            ...{ apgdSteps, apgdTargets, squareQueries },
          },
  };
}

/** Most that REST lists at once. */
const pageSize = 1_000;

async function finish(
  client: ApiClient,
  job: ApiJob,
  flags: EvaluateFlags,
): Promise<void> {
  const path = `/api/jobs/${job.id}/evaluations`;
  const listed = await client.get<readonly ApiEvaluation[]>(
    `${path}?limit=${pageSize}`,
  );
  const measured = listed.filter((each) => each.measured !== null);
  const whole: ApiEvaluation[] = [];
  if (flags.json || flags.out !== undefined)
    for (const { shardIndex } of measured)
      whole.push(await client.get<ApiEvaluation>(`${path}/${shardIndex}`));
  if (flags.out !== undefined) await writeOut(flags.out, whole);
  if (flags.json || measured.length > 0)
    print(
      flags,
      whole,
      `${tableOf(measured)}${flags.out === undefined ? "" : `\nWritten to ${flags.out}.`}`,
    );
}

/** @throws ControlPlaneError "invalid", before anything is asked of the cluster */
async function requireWritable(path: string): Promise<void> {
  try {
    const found = await stat(path).catch(() => null);
    if (found?.isDirectory()) throw new Error("it is a folder");
    await access(found ? path : dirname(resolve(path)), constants.W_OK);
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

async function writeOut(path: string, evaluations: unknown): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(evaluations, null, 2)}\n`);
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

const cannotWrite = (path: string, cause: unknown): ControlPlaneError =>
  new ControlPlaneError(
    "invalid",
    `--out ${path}: it cannot be written (${(cause as Error).message}). Choose another file.`,
    { cause },
  );

function tableOf(evaluations: readonly ApiEvaluation[]): string {
  const rows = evaluations.map(({ model, measured }) => {
    const { clean, attackSuccessRate, robustness } = measured!;
    return [
      model,
      ...shareCells(clean.accuracy),
      percent(clean.expectedCalibrationError),
      ...shareCells(attackSuccessRate),
      ...shareCells(robustness?.robustAccuracy ?? null),
      robustness?.attacks.map(({ name }) => name).join(", ") ?? "",
    ];
  });
  return formatTable(
    [
      ...["model", "clean", "95%", "calibration error", "attack success"],
      ...["95%", "robust", "95%", "under"],
    ],
    rows,
  );
}

function shareCells(measured: ApiMeasuredShare | null): [string, string] {
  if (!measured) return ["–", "–"];
  const { share, wilson95 } = measured;
  return [percent(share), wilson95.map(percent).join(" to ")];
}

const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;
