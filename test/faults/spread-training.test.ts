/**
 * One training spread over workers: whatever becomes of the nodes that its rounds run on, what comes out is the same, byte for byte; and
 * it is about what one worker makes of the same images.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFailed } from "vitest";
import { writeColumnDataset } from "../../gpu-node/src/training/check-dataset.ts";
import { Cluster } from "../harness/cluster.ts";
import { runMotif } from "../harness/motif.ts";
import { waitFor } from "../harness/wait-for.ts";

let cluster: Cluster;
let nodes = 0;

interface Job {
  readonly id: string;
  readonly status: string;
  readonly done: number;
  readonly shards: { readonly total: number; readonly succeeded: number };
}
interface Trained {
  readonly name: string;
  readonly status: string;
  readonly done: number;
  readonly modelId: string | null;
  readonly cleanAccuracy: number | null;
  readonly epochs: readonly {
    readonly epoch: number;
    readonly images: number;
  }[];
  readonly spread: {
    readonly workers: number;
    readonly rounds: number;
    readonly roundsDone: number;
  } | null;
}

beforeAll(async () => {
  cluster = await Cluster.start({ replicas: 1 });
  const folder = join(cluster.folder, "columns");
  await mkdir(folder);
  await writeColumnDataset(folder, "train", 240, 1);
  await writeColumnDataset(folder, "t10k", 90, 2);
  await startNode();
  await startNode();
  await ask("datasets", "add", folder, "--name", "columns");
}, 120_000);
afterAll(() => cluster?.close(), 60_000);

async function startNode(): Promise<void> {
  await cluster.startNode(`node-${nodes++}`, { slots: 1 });
}

async function ask<T>(...args: string[]): Promise<T> {
  const { status, stdout, stderr } = await runMotif(
    ...[...args, "--json", "--url", cluster.replicas[0].address],
  );
  expect(status, `motif ${args.join(" ")}: ${stderr}`).toBe(0);
  return JSON.parse(stdout) as T;
}

const submit = (name: string, epochs: number, ...more: string[]) =>
  ask<Job>(
    ...["train", "--dataset", "columns", "--name", name, "--no-watch"],
    ...["--batch-size", "16", "--epochs", `${epochs}`, ...more],
  );
const jobOf = ({ id }: Job) => cluster.request<Job>("GET", `/api/jobs/${id}`);
const modelOf = async ({ id }: Job): Promise<Trained> =>
  (await cluster.request<Trained[]>("GET", `/api/jobs/${id}/models`))[0];

async function ended(job: Job): Promise<Trained> {
  await waitFor(
    "the training to end",
    async () => (await jobOf(job)).status !== "RUNNING",
    { withinMs: 400_000 },
  );
  expect((await jobOf(job)).status).toBe("SUCCEEDED");
  return modelOf(job);
}

const bytesOf = async (name: string): Promise<string> => {
  const [row] = await cluster.query<{ sha256: string }>(
    "SELECT sha256 FROM trained_model WHERE name = $1",
    [name],
  );
  return row.sha256;
};

const spread = ["--workers", "3", "--rounds", "5"];

it("a node killed in each of five rounds changes nothing of the bytes", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  const epochs = 450;
  const undisturbed = await submit("undisturbed", epochs, ...spread);
  expect(undisturbed.shards.total).toBe(16);
  const model = await ended(undisturbed);
  expect(model).toMatchObject({
    done: 1,
    spread: { workers: 3, rounds: 5, roundsDone: 5 },
  });
  expect(model.cleanAccuracy).toBeGreaterThan(0.95);
  // Every image of every epoch once, whoever had it.
  expect(model.epochs.map(({ epoch }) => epoch)).toEqual(
    Array.from({ length: epochs }, (_, index) => index + 1),
  );
  expect(new Set(model.epochs.map(({ images }) => images))).toEqual(
    new Set([240]),
  );

  const disturbed = await submit("disturbed", epochs, ...spread);
  for (let round = 0; round < 5; round++) {
    let holder = "";
    await waitFor(
      `a worker of round ${round} to be under way`,
      async () => {
        const [row] = await cluster.query<{ name: string }>(
          `SELECT gpu_node.name FROM shard JOIN lease ON lease.id = shard.lease_id JOIN gpu_node ON gpu_node.id = lease.node_id
           WHERE shard.job_id = $1 AND shard.status IN ('LEASED', 'RUNNING') AND shard.spec->'round'->>'round' = $2`,
          [disturbed.id, `${round}`],
        );
        holder = row?.name ?? "";
        return row !== undefined;
      },
      { withinMs: 120_000 },
    );
    await cluster.node(holder).kill();
    await startNode();
  }
  expect((await ended(disturbed)).cleanAccuracy).toBe(model.cleanAccuracy);
  expect(
    await cluster.query(
      `SELECT DISTINCT (shard.spec->'round'->>'round')::int AS round FROM lease JOIN shard ON shard.id = lease.shard_id
       WHERE lease.job_id = $1 AND lease.outcome IN ('EXPIRED', 'REFUSED') ORDER BY round`,
      [disturbed.id],
    ),
    "rounds in which a lease was lost with its node",
  ).toEqual([0, 1, 2, 3, 4].map((round) => ({ round })));
  expect(await bytesOf("disturbed")).toBe(await bytesOf("undisturbed"));
}, 600_000);

it("three workers and one come to about the same with the same images", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  const one = await ended(await submit("one-worker", 12));
  const three = await ended(
    await submit("three-workers", 12, "--workers", "3", "--rounds", "12"),
  );
  expect(one.spread).toBeNull();
  expect(one.cleanAccuracy).toBeGreaterThan(0.95);
  expect(
    Math.abs(one.cleanAccuracy! - three.cleanAccuracy!),
  ).toBeLessThanOrEqual(0.015);
}, 300_000);

it("rounds that would have no step are refused by name", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  const { status, stderr } = await runMotif(
    ...["train", "--dataset", "columns", "--name", "never", "--epochs", "1"],
    ...["--batch-size", "16", "--workers", "3", "--rounds", "9"],
    ...["--url", cluster.replicas[0].address],
  );
  expect(status).toBe(1);
  expect(stderr).toMatch(/--rounds 9: each of the 3 workers has 5 steps/);
});
