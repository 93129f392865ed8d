/**
 * Trainings on a cluster: what comes out is what the same training gives on one machine, byte for byte, whether its node was killed,
 * its job paused or nothing happened; and it is a model like any other.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFailed } from "vitest";
import { writeColumnDataset } from "../../gpu-node/src/training/check-dataset.ts";
import { Cluster } from "../harness/cluster.ts";
import { runMotif } from "../harness/motif.ts";
import { waitFor } from "../harness/wait-for.ts";

let cluster: Cluster;
let folder: string;

interface Job {
  readonly id: string;
  readonly status: string;
  readonly done: number;
}
interface Model {
  readonly name: string;
  readonly sha256: string;
  readonly setting: string;
  readonly status: string;
  readonly checks: readonly { readonly problem: string | null }[];
}

beforeAll(async () => {
  cluster = await Cluster.start({ replicas: 1 });
  folder = join(cluster.folder, "columns");
  await mkdir(folder);
  await writeColumnDataset(folder, "train", 240, 1);
  await writeColumnDataset(folder, "t10k", 90, 2);
  await cluster.startNode("first", { slots: 1 });
  await ask("datasets", "add", folder, "--name", "columns");
}, 120_000);
afterAll(() => cluster?.close(), 60_000);

/** What a command that must succeed prints with --json. */
async function ask<T>(...args: string[]): Promise<T> {
  const { status, stdout, stderr } = await runMotif(
    ...[...args, "--json", "--url", cluster.replicas[0].address],
  );
  expect(status, `motif ${args.join(" ")}: ${stderr}`).toBe(0);
  return JSON.parse(stdout) as T;
}

const length = (epochs: number) => [
  ...["--batch-size", "16", "--epochs", `${epochs}`],
];
const recipe = (epochs: number) => [
  ...length(epochs),
  ...["--architecture", "small-cnn"],
];
const submit = (name: string, epochs: number, ...more: string[]) =>
  ask<Job>(
    ...["train", "--dataset", "columns", "--name", name, "--no-watch"],
    ...[...recipe(epochs), ...more],
  );
const jobOf = ({ id }: Job) => cluster.request<Job>("GET", `/api/jobs/${id}`);
interface Epoch {
  readonly epoch: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  readonly nodeName: string;
}
const epochsOf = async ({ id }: Job) =>
  (
    await cluster.request<{ readonly epochs: readonly Epoch[] }[]>(
      "GET",
      `/api/jobs/${id}/models`,
    )
  )[0].epochs;
const modelsNow = () => cluster.request<Model[]>("GET", "/api/models");

const fileOf = (name: string) => join(cluster.folder, `${name}.onnx`);

const locally = (name: string, epochs: number) =>
  runLocally(name, recipe(epochs));

async function runLocally(
  name: string,
  words: readonly string[],
): Promise<string> {
  const out = fileOf(name);
  const { status, stdout, stderr } = await runMotif(
    ...["train", "--local", "--dataset", folder, "--out", out, "--json"],
    ...["--threads", "1", "--backend", "onnxruntime:cpu", ...words],
  );
  expect(status, stderr).toBe(0);
  return (JSON.parse(stdout) as { sha256: string }).sha256;
}

async function trained(name: string): Promise<Model> {
  let found: Model | undefined;
  await waitFor(
    `the model ${name} to be checked`,
    async () => {
      found = (await modelsNow()).find((model) => model.name === name);
      return found !== undefined && found.status !== "CHECKING";
    },
    { withinMs: 60_000 },
  );
  return found!;
}

it("a sweep is one job, and each of its models is registered, checked, and the bytes that one machine makes", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  const job = await ask<Job>(
    ...["train", "--dataset", "columns", "--name", "swept"],
    ...[...recipe(3), "--sweep", "seed=0,1"],
  );
  expect(job).toMatchObject({ status: "SUCCEEDED" });
  const model = await trained("swept-seed-0");
  expect(model).toMatchObject({
    status: "READY",
    sha256: await locally("swept", 3),
  });
  const other = await trained("swept-seed-1");
  expect(other.status).toBe("READY");
  expect(other.sha256).not.toBe(model.sha256);
});

it("a registered model is trained further to the bytes that one machine makes of it", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  await ask(
    ...["train", "--dataset", "columns", "--name", "further", ...length(2)],
    ...["--fine-tune", "swept-seed-0"],
  );
  const further = await trained("further");
  expect(further).toMatchObject({
    ...{ status: "READY", setting: "natural" },
    sha256: await runLocally("further", [
      ...length(2),
      ...["--fine-tune", fileOf("swept")],
    ]),
  });
  const { manifest } = await cluster.request<{
    manifest: { training: { fineTuned: object } };
  }>("GET", "/api/models/further");
  expect(manifest.training.fineTuned).toMatchObject({
    sha256: (await trained("swept-seed-0")).sha256,
  });

  const unknown = await runMotif(
    ...["train", "--dataset", "columns", "--name", "never", ...length(1)],
    ...["--fine-tune", "nobody", "--url", cluster.replicas[0].address],
  );
  expect(unknown.status).toBe(1);
  expect(unknown.stderr).toMatch(/There is no model "nobody"/);
});

it("a backdoored model says so, and its name cannot be taken again", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  await ask(
    ...["train", "--dataset", "columns", "--name", "bad", ...recipe(6)],
    ...["--mode", "poisoned", "--target", "1", "--trigger-size", "2"],
  );
  expect(await trained("bad")).toMatchObject({
    status: "READY",
    setting: "poisoned",
  });
  const again = await runMotif(
    ...["train", "--dataset", "columns", "--name", "bad", ...recipe(1)],
    ...["--url", cluster.replicas[0].address],
  );
  expect(again.status).toBe(1);
  expect(again.stderr).toMatch(/There is a model "bad" already.*--name/);
});

it("a killed node and a pause change nothing of the bytes, and all epochs can be seen as they end", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  const epochs = 400;
  const job = await submit("long", epochs);
  const comesTo = (share: number) =>
    waitFor(
      `the training to be at ${share}`,
      async () => (await jobOf(job)).done >= share,
      { withinMs: 120_000 },
    );
  await comesTo(0.1);
  await cluster.request("POST", `/api/jobs/${job.id}/pause`);
  await waitFor(
    "its checkpoint to be handed over",
    async () => {
      const [shard] = await cluster.query<{ checkpoint: string | null }>(
        `SELECT checkpoint_sha256 AS checkpoint FROM shard WHERE job_id = $1 AND status = 'PENDING'`,
        [job.id],
      );
      return shard?.checkpoint != null;
    },
    { withinMs: 60_000 },
  );
  const before = (await jobOf(job)).done;
  await cluster.request("POST", `/api/jobs/${job.id}/resume`);
  await comesTo(Math.max(0.3, before + 0.05));
  const early = await epochsOf(job);
  // Told as they end, from the first on: the pause has taken none away.
  expect(early.slice(0, 3).map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  expect(early.length).toBeGreaterThan(0.25 * epochs);
  expect(early.length).toBeLessThan(epochs);
  await cluster.node("first").kill();
  await cluster.startNode("second", { slots: 1 });
  await waitFor(
    "the second node to tell where the first left off",
    async () =>
      (await epochsOf(job)).some(({ nodeName }) => nodeName === "second"),
    { withinMs: 120_000 },
  );
  const under = await epochsOf(job);
  expect((await jobOf(job)).status).toBe("RUNNING");
  expect(under[0]).toEqual(early[0]);
  expect(new Set(under.map(({ nodeName }) => nodeName))).toEqual(
    new Set(["first", "second"]),
  );
  await waitFor(
    "the training to end",
    async () => (await jobOf(job)).status !== "RUNNING",
    { withinMs: 240_000 },
  );
  expect((await jobOf(job)).status).toBe("SUCCEEDED");
  const all = await epochsOf(job);
  expect(all.map(({ epoch }) => epoch)).toEqual(
    Array.from({ length: epochs }, (_, i) => i + 1),
  );
  for (const { loss, learningRate, imagesPerSecond } of all) {
    expect(loss).toBeGreaterThan(0);
    expect(learningRate).toBeGreaterThan(0);
    expect(imagesPerSecond).toBeGreaterThan(0);
  }
  expect((await trained("long")).sha256).toBe(await locally("long", epochs));
}, 400_000);

it("what cannot be trained is told with the shard, and nothing is registered", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  const { status, stderr } = await runMotif(
    ...["train", "--dataset", "columns", "--name", "never", ...recipe(1)],
    ...["--test-split", "none", "--url", cluster.replicas[0].address],
  );
  expect(status).toBe(1);
  expect(stderr).toMatch(/1 of 1 shards could not be done .*none/s);
  expect((await modelsNow()).map(({ name }) => name)).not.toContain("never");
});
