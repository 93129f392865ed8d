/** `motif datasets`: adds data sets, and shows those that are there. */
import type { Command } from "commander";
import type { ApiDataset } from "./api-types.ts";
import { awaitDataset } from "./await-check.ts";
import { clientOf, withClientFlags, type ClientFlags } from "./options.ts";
import { print } from "./print.ts";
import { registerDataset } from "./register-dataset.ts";
import { runStoppable } from "./stoppable.ts";
import { formatTable, shortId } from "./table.ts";

interface AddFlags extends ClientFlags {
  readonly name: string;
  readonly split?: string;
  readonly upload?: boolean;
  readonly wait: boolean;
}

export function addDatasetsCommand(program: Command): void {
  const datasets = program
    .command("datasets")
    .description("add data sets, and show those that are there");
  withClientFlags(datasets.command("add <path>"))
    .description(
      "add IDX or CIFAR files, or a folder or .tar(.gz) with a folder of images a class",
    )
    .requiredOption("--name <name>", "what to call it")
    .option(
      "--split <name>",
      "the split to use of one that has several (default: test, else val, else train)",
    )
    .option("--upload", "send its bytes even to a server on this machine")
    .option("--no-wait", "leave before it has been read")
    .action(addDataset);
  withClientFlags(datasets.command("list"))
    .description("show all data sets")
    .action(listDatasets);
}

async function addDataset(path: string, flags: AddFlags): Promise<void> {
  await runStoppable(
    async (signal) => {
      const client = clientOf(flags, signal);
      const added = await registerDataset(client, { ...flags, path });
      const say = (line: string) => void process.stderr.write(`${line}\n`);
      if (!flags.json && flags.wait) say(`${added.name}: added, being read …`);
      const now = () => performance.now();
      const dataset = flags.wait
        ? await awaitDataset(client, added, { signal, now, say })
        : added;
      print(flags, dataset, `${dataset.name}: ${describe(dataset)}`);
    },
    () =>
      "Stopped waiting; reading goes on. `motif datasets list` shows how it ends.",
  );
}

async function listDatasets(flags: ClientFlags): Promise<void> {
  const datasets =
    await clientOf(flags).get<readonly ApiDataset[]>("/api/datasets");
  const rows = datasets.map((dataset) => [
    shortId(dataset.id),
    dataset.name,
    describe(dataset),
  ]);
  print(
    flags,
    datasets,
    rows.length === 0
      ? "There are no data sets yet. `motif datasets add PATH --name NAME` adds one."
      : formatTable(["ID", "DATA SET", "STATUS"], rows),
  );
}

/** @example "ready, 2,000 images, 10 classes, IDX" */
function describe(dataset: ApiDataset): string {
  const { status, problem, imageCount, classNames, format } = dataset;
  if (status === "CHECKING") return "being read";
  if (status === "REFUSED") return `refused: ${problem ?? "cancelled"}`;
  const images = (imageCount ?? 0).toLocaleString("en");
  return `ready, ${images} images, ${classNames.length} classes${format === null ? "" : `, ${format}`}`;
}
