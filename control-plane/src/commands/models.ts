/** `motif models`: adds models, and shows those that are there. */
import { stat } from "node:fs/promises";
import { Option, type Command } from "commander";
import { ControlPlaneError } from "../control-plane-error.ts";
import { addFolder, summarize } from "./add-folder.ts";
import {
  reviewStatuses,
  type ApiDataset,
  type ApiModel,
  type ApiModelCheck,
  type ReviewStatus,
} from "./api-types.ts";
import { awaitDataset, awaitModel, type Waiting } from "./await-check.ts";
import type { ApiClient } from "./api-client.ts";
import { addModelsExportCommand } from "./export-models.ts";
import {
  clientOf,
  repeated,
  withClientFlags,
  type ClientFlags,
} from "./options.ts";
import { print } from "./print.ts";
import { newProgress } from "./progress.ts";
import { registerModel } from "./register-model.ts";
import { runStoppable } from "./stoppable.ts";
import { formatTable, formatTime, shortId } from "./table.ts";
import { changeTags, addTagCommands } from "./tag-models.ts";

interface AddFlags extends ClientFlags {
  readonly dataset: string;
  readonly manifest?: string;
  readonly name?: string;
  readonly upload?: boolean;
  readonly tag?: readonly string[];
  readonly wait: boolean;
}

interface ListFlags extends ClientFlags {
  readonly tag?: readonly string[];
  readonly review?: ReviewStatus;
}

export function addModelsCommand(program: Command): void {
  const models = program
    .command("models")
    .description("add models, and show those that are there");
  withClientFlags(models.command("add <files...>"))
    .description(
      "hold models, or all of a folder and the folders in it, against a data set and keep those that fit",
    )
    .requiredOption("--dataset <name>", "the data set they belong to")
    .option(
      "--manifest <file>",
      "the manifest, where it is not the .json beside the model",
    )
    .option("--name <name>", "what to call it (default: as its manifest does)")
    .option("--upload", "send its bytes even to a server on this machine")
    .option("--tag <tag>", "a tag for them; as often as you like", repeated)
    .option("--no-wait", "leave before it has been checked")
    .action(addModels);
  withClientFlags(models.command("list"))
    .description("show all models, or some")
    .option("--tag <tag>", "only those that have it; several: all", repeated)
    .addOption(
      new Option("--review <status>", "only these").choices(reviewStatuses),
    )
    .action(listModels);
  withClientFlags(models.command("show <name>"))
    .description("show one model, and how it did on its data sets")
    .action(showModel);
  addTagCommands(models);
  addModelsExportCommand(models);
}

async function addModels(
  files: readonly string[],
  flags: AddFlags,
): Promise<void> {
  const [folder] = files;
  const isFolder = folder !== undefined && (await isDirectory(folder));
  const isSeveral = files.length > 1 || isFolder;
  if (isSeveral && (flags.manifest ?? flags.name) !== undefined)
    throw new ControlPlaneError(
      "invalid",
      "--manifest and --name are of one model: add the files one by one.",
    );
  if (isFolder) return addModelsOfFolder(files, folder, flags);
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  await runStoppable(
    async (signal) => {
      const client = clientOf(flags, signal);
      const waiting = { signal, now: () => performance.now(), say };
      const dataset = await readDataset(client, flags, waiting);
      const added: ApiModel[] = [];
      for (const path of files) {
        const model = await registerModel(client, {
          path,
          dataset,
          manifestPath: flags.manifest,
          name: flags.name,
          upload: flags.upload,
        });
        added.push(model);
        if (!flags.json) say(`${model.name}: added, being checked …`);
      }
      await tagAll(client, added, flags);
      if (flags.wait) await showChecks(client, added, dataset, flags, waiting);
      else print(flags, added, added.map(({ name }) => name).join("\n"));
    },
    () =>
      "Stopped waiting; the checks go on. `motif models list` shows how they end.",
  );
}

const isDirectory = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => null))?.isDirectory() === true;

async function addModelsOfFolder(
  paths: readonly string[],
  folder: string,
  flags: AddFlags,
): Promise<void> {
  if (paths.length > 1)
    throw new ControlPlaneError(
      "invalid",
      `${folder} is a folder: add folders one by one, without files beside them.`,
    );
  const now = () => performance.now();
  const isQuiet = flags.json === true && !process.stderr.isTTY;
  await runStoppable(
    async (signal) => {
      const client = clientOf(flags, signal);
      const dataset = await readDataset(client, flags, {
        ...{ signal, now },
        say: (line) => void process.stderr.write(`${line}\n`),
      });
      const summary = await addFolder(
        client,
        { folder, dataset, upload: flags.upload, wait: flags.wait },
        {
          ...{ signal, now },
          newProgress: () => newProgress(process.stderr, now, isQuiet),
          onRegistered: (models) => tagAll(client, models, flags),
        },
      );
      print(flags, summary, summarize(summary));
      if (summary.refused.length > 0) process.exitCode = 1;
    },
    () => "Stopped. The same command goes on from here.",
  );
}

async function tagAll(
  client: ApiClient,
  models: readonly ApiModel[],
  { tag = [] }: AddFlags,
): Promise<void> {
  if (tag.length > 0)
    await changeTags(client, [...new Set(models.map(({ id }) => id))], {
      add: tag,
    });
}

/** @throws ControlPlaneError "conflict" where it is refused */
async function readDataset(
  client: ApiClient,
  { dataset: name, wait }: AddFlags,
  waiting: Waiting,
): Promise<ApiDataset> {
  const dataset = await client.get<ApiDataset>(
    `/api/datasets/${encodeURIComponent(name)}`,
  );
  return wait ? awaitDataset(client, dataset, waiting) : dataset;
}

/** @throws ControlPlaneError "conflict" naming the models that were refused, after the others were shown */
async function showChecks(
  client: ApiClient,
  models: readonly ApiModel[],
  dataset: ApiDataset,
  flags: AddFlags,
  waiting: Waiting,
): Promise<void> {
  const seen: ApiModel[] = [];
  const lines: string[] = [];
  const refusals: string[] = [];
  for (const model of models) {
    try {
      const check = await awaitModel(client, model, dataset, waiting);
      lines.push(`${model.name}: ${describeCheck(check)}`);
      for (const warning of check.facts?.warnings ?? [])
        waiting.say(`Note: ${warning}`);
    } catch (error) {
      const isRefusal =
        error instanceof ControlPlaneError && error.code === "conflict";
      if (!isRefusal) throw error;
      refusals.push(error.message);
    }
    seen.push(await client.get<ApiModel>(`/api/models/${model.id}`));
  }
  if (flags.json || lines.length > 0) print(flags, seen, lines.join("\n"));
  if (refusals.length > 0)
    throw new ControlPlaneError("conflict", refusals.join("\n"));
}

async function listModels(flags: ListFlags): Promise<void> {
  const { tag = [], review } = flags;
  const query = new URLSearchParams({
    ...(tag.length > 0 && { tag: tag.join(",") }),
    ...(review !== undefined && { review }),
  });
  const models = await clientOf(flags).get<readonly ApiModel[]>(
    `/api/models?${query}`,
  );
  const rows = models.flatMap(
    ({ id, name, checks, tags, review: { status } }) =>
      checks.map((check) => [
        ...[shortId(id), name, check.dataset, describeCheck(check)],
        ...[status, tags.join(", ")],
      ]),
  );
  const isAll = query.size === 0;
  print(
    flags,
    models,
    rows.length === 0
      ? isAll
        ? "There are no models yet. `motif models add FILE --dataset NAME` adds one."
        : "No model fits. `motif models list` shows all."
      : formatTable(
          ["ID", "MODEL", "DATA SET", "STATUS", "REVIEW", "TAGS"],
          rows,
        ),
  );
}

async function showModel(name: string, flags: ClientFlags): Promise<void> {
  const model = await clientOf(flags).get<ApiModel>(
    `/api/models/${encodeURIComponent(name)}`,
  );
  const checks = model.checks.flatMap((check) => [
    `${check.dataset}: ${describeCheck(check)}`,
    ...(check.facts?.warnings ?? []).map((warning) => `  ${warning}`),
  ]);
  const { status, author, at } = model.review;
  const text = [
    `${model.name}  ${model.id}`,
    `SHA-256 ${model.sha256}`,
    `Tags: ${model.tags.join(", ") || "none"}`,
    author === null
      ? "Nobody has reviewed it."
      : `Review: ${status}, by ${author}, ${formatTime(at)}`,
  ];
  print(flags, model, [...text, ...checks].join("\n"));
}

/** @example "ready, right on 89.2% of 2,000 images, 10 classes, 1×28×28" */
function describeCheck({ status, problem, facts }: ApiModelCheck): string {
  if (status === "CHECKING") return "being checked";
  if (status === "REFUSED") return `refused: ${problem ?? "cancelled"}`;
  if (!facts) return "ready";
  const accuracy = (100 * facts.cleanAccuracy).toFixed(1);
  const images = facts.cleanAccuracyImages.toLocaleString("en");
  return `ready, right on ${accuracy}% of ${images} images, ${facts.numClasses} classes, ${facts.inputShape.join("×")}`;
}
