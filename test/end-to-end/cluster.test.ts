/** The whole cluster by its command line, as a person uses it: one control plane with its own PostgreSQL, one node, every client command. */
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeColumns } from "../fixtures/columns.ts";
import { runMotif, type Finished } from "../harness/motif.ts";
import { RunningProcess } from "../harness/running-process.ts";
import { waitFor } from "../harness/wait-for.ts";
import { expectGallery } from "./gallery-agrees.ts";
import { expectSamples } from "./samples-agree.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const programs = {
  node: join(root, "node_modules/.bin/node"),
  controlPlane: join(root, "control-plane/dist/commands/main.js"),
  gpuNode: join(root, "gpu-node/src/commands/main.ts"),
};

let folder: string;
let up: RunningProcess;
let node: RunningProcess;
/** Of REST. */
let url: string;
/** Of gRPC, HOST:PORT. */
let nodes: string;

async function startUp(): Promise<void> {
  up = new RunningProcess({
    name: "control-plane",
    program: programs.node,
    args: [
      ...[programs.controlPlane, "up", "--data-dir", join(folder, "data")],
      ...["--port", "0", "--grpc-port", "0", "--json"],
    ],
    logPath: join(folder, "control-plane.log"),
  });
  const started = await up.line("grpc");
  url = String(started.url);
  nodes = String(started.grpc);
  node = startNode("only");
}

const startNode = (name: string): RunningProcess =>
  new RunningProcess({
    name,
    program: programs.node,
    args: [
      ...[programs.gpuNode, "node", "--control-plane", nodes],
      ...["--data-dir", join(folder, name), "--name", name, "--slots", "1"],
      ...["--threads", "1", "--backend", "onnxruntime:cpu"],
    ],
    logPath: join(folder, `${name}.log`),
  });

async function stopAll(): Promise<void> {
  expect(await node.stop()).toMatchObject({ status: 0 });
  expect(await up.stop()).toMatchObject({ status: 0 });
}

const client = (...args: string[]): Promise<Finished> =>
  runMotif(...args, "--url", url);

/** What a command that must succeed prints with --json. */
async function ask<T>(...args: string[]): Promise<T> {
  const { status, stdout, stderr } = await client(...args, "--json");
  expect(status, `motif ${args.join(" ")}: ${stderr}`).toBe(0);
  return JSON.parse(stdout) as T;
}

interface Job {
  readonly id: string;
  readonly status: string;
  readonly shards: { readonly total: number; readonly running: number };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-whole-"));
  // As root, PostgreSQL runs as another user, who has to get in.
  await chmod(folder, 0o755);
  await writeColumns(folder);
  await mkdir(join(folder, "columns"));
  for (const name of ["test-images-idx3-ubyte", "test-labels-idx1-ubyte"])
    await copyFile(join(folder, name), join(folder, "columns", name));
  await startUp();
}, 120_000);
afterAll(async () => {
  await node.stop();
  await up.stop();
  await rm(folder, { recursive: true, force: true });
});

it("takes a data set and a model, by path and by their bytes, and says what it thinks of them", async () => {
  const path = join(folder, "columns");
  expect(await ask("datasets", "add", path, "--name", "columns")).toMatchObject(
    {
      name: "columns",
      status: "READY",
      imageCount: 120,
    },
  );
  expect(
    await ask("datasets", "add", path, "--name", "uploaded", "--upload"),
  ).toMatchObject({ status: "READY", imageCount: 120 });
  for (const name of ["columns", "uploaded"]) await expectSamples(url, name);
  const model = join(folder, "columns.onnx");
  const facts = { numClasses: 3, inputShape: [1, 8, 8] };
  for (const [dataset, ...how] of [["columns"], ["uploaded", "--upload"]]) {
    const [added] = await ask<{ checks: { dataset: string }[] }[]>(
      ...["models", "add", model, "--dataset", dataset, ...how],
    );
    expect(added.checks).toContainEqual(
      expect.objectContaining({
        dataset,
        status: "READY",
        facts: expect.objectContaining(facts) as unknown,
      }),
    );
  }
  expect(await ask<unknown[]>("models", "list")).toHaveLength(1);
  const refused = await client(
    "models",
    "add",
    join(folder, "columns.json"),
    "--dataset",
    "columns",
  );
  expect(refused.status).not.toBe(0);
  expect(refused.stderr).toMatch(/^motif: .*columns/m);
}, 120_000);

const settings = [
  ...["--classes", "0,2", "--canvases", "2", "--seeds", "2", "--steps", "40"],
  ...["--pack", "2", "--evaluate-images", "60"],
];
let searched: Job;

it("searches, and exports the bytes of a search in one process", async () => {
  searched = await ask<Job>(
    ...["search", "--model", "columns", "--dataset", "columns", ...settings],
  );
  expect(searched.status).toBe("SUCCEEDED");

  const there = join(folder, "exported");
  const summary = await ask<{ patterns: number; fetched: number }>(
    ...["export", searched.id.slice(0, 8), "--out", there],
  );
  expect(summary).toMatchObject({ patterns: 8, fetched: 32 });
  const here = join(folder, "local");
  const local = await runMotif(
    ...["search", "--local", "--model", join(folder, "columns.onnx")],
    ...["--dataset", join(folder, "columns"), "--out", here, ...settings],
    ...["--threads", "1", "--backend", "onnxruntime:cpu"],
  );
  expect(local.status, local.stderr).toBe(0);
  for (const part of ["masks", "images"]) {
    const names = (await readdir(join(here, part))).sort();
    expect((await readdir(join(there, part))).sort()).toEqual(names);
    for (const name of names)
      expect(
        (await readFile(join(there, part, name))).equals(
          await readFile(join(here, part, name)),
        ),
        name,
      ).toBe(true);
  }
  const [found, expected] = await Promise.all([read(there), read(here)]);
  expect(found.patterns).toEqual(expected.patterns);
  expect(found.model).toEqual(expected.model);
  expect(await readFile(join(there, "index.html"), "utf8")).toContain(
    "</html>",
  );
}, 120_000);

it("shows in its gallery what it exports", () =>
  expectGallery(url, searched.id, join(folder, "exported")));

it("exports again without fetching what is there, and mends what was damaged", async () => {
  const out = join(folder, "exported");
  const masks = join(out, "masks");
  const [mask] = await readdir(masks);
  const before = await readFile(join(masks, mask));
  await rm(join(masks, mask));
  const again = await ask<{ fetched: number }>(
    "export",
    searched.id,
    "--out",
    out,
  );
  expect(again.fetched).toBe(1);
  expect((await readFile(join(masks, mask))).equals(before)).toBe(true);
});

it("pauses, resumes and cancels a job, and says so to whoever watches", async () => {
  const long = await ask<Job>(
    ...["search", "--model", "columns", "--dataset", "columns", "--no-watch"],
    ...[
      "--steps",
      "200000",
      "--pack",
      "1",
      "--canvases",
      "1",
      "--name",
      "long",
    ],
  );
  const running = () =>
    waitFor(
      "the job to run",
      async () => (await ask<Job>("jobs", long.id)).shards.running > 0,
      { withinMs: 30_000 },
    );
  await running();
  expect(await ask("pause", long.id)).toMatchObject({ status: "PAUSED" });
  await waitFor(
    "the node to let go",
    async () => (await ask<Job>("jobs", long.id)).shards.running === 0,
    { withinMs: 15_000 },
  );
  expect(await ask("resume", long.id)).toMatchObject({ status: "RUNNING" });
  await running();
  const watching = client("jobs", long.id, "--watch");
  expect(await ask("cancel", long.id)).toMatchObject({ status: "CANCELLED" });
  const watched = await watching;
  expect(watched.status).toBe(1);
  expect(watched.stderr).toMatch(/was cancelled; `motif export/);
}, 120_000);

it("names what is unknown, and how to find what is known", async () => {
  for (const [args, said] of [
    [["jobs", "ffffffff"], /no job has an id that begins with "ffffffff"/],
    [["models", "show", "nobody"], /nobody/],
    [
      ["search", "--model", "nobody", "--dataset", "columns"],
      /`motif models list`/,
    ],
    [
      ["search", "--model", "columns", "--dataset", "none"],
      /`motif datasets list`/,
    ],
    [
      [
        "search",
        "--model",
        "columns",
        "--dataset",
        "columns",
        "--classes",
        "7",
      ],
      /7/,
    ],
  ] as const) {
    const refused = await client(...args);
    expect(refused.stderr).toMatch(said);
    expect(refused.stderr.trim().split("\n"), refused.stderr).toHaveLength(1);
    expect([1, 2]).toContain(refused.status);
  }
});

it("makes, shows and revokes tokens, and remembers who did what", async () => {
  const made = await ask<{ token: string }>(
    "tokens",
    "create",
    "--name",
    "ann",
    "--scope",
    "read",
  );
  expect(made.token).toMatch(/^motif_/);
  const [token] = await ask<{ id: string; name: string }[]>("tokens", "list");
  expect(token.name).toBe("ann");
  await ask("tokens", "revoke", token.id.slice(0, 8));
  expect(
    (await ask<{ token: string }>("join-tokens", "create")).token,
  ).toBeTruthy();
  const log = await ask<{ actor: string; action: string }[]>(
    "audit-log",
    "--limit",
    "100",
  );
  const actions = log.map(({ action }) => action);
  expect(actions).toEqual(
    expect.arrayContaining(["token.create", "token.revoke"]),
  );
});

it("finds everything again when it is started again on the same folder", async () => {
  const before = await ask<Job[]>("jobs");
  await stopAll();
  await startUp();
  expect(await ask<Job[]>("jobs")).toEqual(before);
  const again = await ask<{ patterns: number; fetched: number }>(
    ...["export", searched.id, "--out", join(folder, "exported-again")],
  );
  expect(again).toMatchObject({ patterns: 8, fetched: 32 });
  await waitFor(
    "the node to be back",
    async () =>
      (await ask<{ status: string }[]>("nodes")).some(
        ({ status }) => status === "ONLINE",
      ),
    { withinMs: 30_000 },
  );
  const more = await ask<Job>(
    ...["search", "--model", "columns", "--dataset", "columns", ...settings],
  );
  expect(more.status).toBe("SUCCEEDED");
}, 120_000);

it("turns a node away when asked to, and says so to it", async () => {
  const unwanted = startNode("unwanted");
  interface Listed {
    readonly id: string;
    readonly name: string;
    readonly status: string;
    readonly isRevoked: boolean;
  }
  const find = async () =>
    (await ask<Listed[]>("nodes")).find(({ name }) => name === "unwanted");
  const { id } = await waitFor(
    "the node to be there",
    async () => {
      const listed = await find();
      return listed?.status === "ONLINE" && listed;
    },
    { withinMs: 30_000 },
  );
  expect(await ask("nodes", "revoke", id.slice(0, 13))).toMatchObject({ id });
  expect(await unwanted.ended).toMatchObject({ status: 1 });
  expect(unwanted.log()).toMatch(/revoked/);
  expect(await find()).toMatchObject({ status: "OFFLINE", isRevoked: true });
  const nobody = await client("nodes", "revoke", "ffffffff");
  expect(nobody).toMatchObject({ status: 1 });
  expect(nobody.stderr).toContain("`motif nodes` shows what there is");
});

interface ResultFile {
  readonly model: unknown;
  readonly patterns: readonly object[];
}

/** A result without what a clock says. */
async function read(directory: string): Promise<ResultFile> {
  const text = await readFile(join(directory, "result.json"), "utf8");
  const result = JSON.parse(text) as ResultFile;
  return {
    ...result,
    patterns: result.patterns.map((pattern) => ({ ...pattern, wallMs: 0 })),
  };
}
