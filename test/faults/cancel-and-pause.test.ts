/** What a person stops, stops: cancelled work within seconds, paused work with checkpoints from which it goes on. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  afterAll,
  beforeAll,
  beforeEach,
  expect,
  it,
  onTestFailed,
} from "vitest";
import { writeColumns } from "../fixtures/columns.ts";
import { Cluster } from "../harness/cluster.ts";
import { waitFor } from "../harness/wait-for.ts";

let cluster: Cluster;
let columns: string;
beforeAll(async () => {
  cluster = await Cluster.start({ replicas: 2 });
  columns = join(cluster.folder, "columns");
  await mkdir(columns);
  await writeColumns(columns);
}, 120_000);
beforeEach(() => onTestFailed(() => console.error(cluster.logs())));
afterAll(() => cluster?.close(), 60_000);

interface Job {
  readonly id: string;
  readonly status: string;
}
const submit = (job: unknown) =>
  cluster.request<Job>("POST", "/api/jobs", job).then(({ id }) => id);
const change = (id: string, action: "cancel" | "pause" | "resume") =>
  cluster.request<Job>("POST", `/api/jobs/${id}/${action}`);
const reach = (id: string, status: string, withinMs = 60_000) =>
  waitFor(
    `job ${id} to be ${status}`,
    async () =>
      (await cluster.request<Job>("GET", `/api/jobs/${id}`)).status === status,
    { withinMs },
  );

/** Leases of a job that nodes have accepted and still hold. */
const running = async (job: string) =>
  (
    await cluster.query(
      `SELECT FROM lease WHERE job_id = $1 AND accepted_at IS NOT NULL AND ended_at IS NULL`,
      [job],
    )
  ).length;

it("cancel stops 99 % of 200 running shards within 5 s, on nodes of both replicas", async () => {
  const nodes = ["node-0", "node-1"];
  const slots = 100;
  await Promise.all(nodes.map((name) => cluster.startNode(name, { slots })));
  const replicas = await cluster.query(
    `SELECT DISTINCT replica_id FROM gpu_node WHERE status = 'ONLINE'`,
  );
  expect(replicas).toHaveLength(2);
  const shards = nodes.length * slots;
  const job = await submit({
    kind: "noop",
    shards: 2 * shards,
    waitMs: 120_000,
  });
  await waitFor(
    "every slot to be at work",
    async () => (await running(job)) === shards,
    {
      withinMs: 30_000,
    },
  );

  await change(job, "cancel");
  const cancelledAt = performance.now();
  // That nodes have really stopped shows in their slots: all of them take up other work.
  const next = await submit({ kind: "noop", shards, waitMs: 20_000 });
  await waitFor(
    "99 % of the slots to work for another job",
    async () => (await running(next)) >= 0.99 * shards,
    { withinMs: 30_000 },
  );
  expect(performance.now() - cancelledAt).toBeLessThan(5_000);
  expect(await running(job)).toBe(0);
  await reach(job, "CANCELLED");
  const counts = await cluster.query(
    `SELECT status, count(*)::int AS n FROM shard WHERE job_id = $1 GROUP BY status`,
    [job],
  );
  expect(counts).toEqual([{ status: "CANCELLED", n: 2 * shards }]);
  await change(next, "cancel");
  await Promise.all(nodes.map((name) => cluster.node(name).stop()));
});

/** Runs a search. @returns how long its lease was held */
async function secondsOf(search: unknown): Promise<number> {
  const job = await submit(search);
  await reach(job, "SUCCEEDED");
  const [lease] = await cluster.query<{ seconds: number }>(
    `SELECT extract(epoch FROM ended_at - accepted_at)::float8 AS seconds FROM lease WHERE job_id = $1 AND outcome = 'SUCCEEDED'`,
    [job],
  );
  return lease.seconds;
}

it("pause keeps a checkpoint, resume goes on from it, and the pattern has the bytes of a search that nobody paused", async () => {
  await cluster.startNode("searcher", { slots: 1 });
  await cluster.request("POST", "/api/datasets", {
    name: "columns",
    path: columns,
  });
  await cluster.request("POST", "/api/models", {
    path: join(columns, "columns.onnx"),
    dataset: "columns",
  });
  await waitFor(
    "the model to be checked",
    async () => {
      const [check] = (
        await cluster.request<{ checks: { status: string }[] }>(
          "GET",
          "/api/models/columns",
        )
      ).checks;
      return check?.status === "READY";
    },
    { withinMs: 60_000 },
  );
  const search = {
    ...{ kind: "search", model: "columns", dataset: "columns", classes: "0" },
    ...{ canvases: 1, pack: 1, backend: "onnxruntime:cpu" },
  };
  // Nodes tell how far they are every few seconds: on any machine, the search is to last for several of them.
  const trial = { steps: 4_000, seconds: 0 };
  trial.seconds = await secondsOf({ ...search, steps: trial.steps });
  // A lease's acceptance is written up to half a second late: what took no longer says nothing of the speed.
  while (trial.seconds < 4) {
    trial.steps *= 3;
    trial.seconds = await secondsOf({ ...search, steps: trial.steps });
  }
  const steps = Math.round((trial.steps / trial.seconds) * 20);
  const whole = await submit({ ...search, steps });
  await reach(whole, "SUCCEEDED");

  const paused = await submit({ ...search, steps });
  await waitFor(
    "the search to be well under way",
    async () => {
      const [shard] = await cluster.query<{ done: number }>(
        `SELECT done FROM shard WHERE job_id = $1 AND status = 'RUNNING'`,
        [paused],
      );
      return shard !== undefined && shard.done > 0.1;
    },
    { withinMs: 60_000 },
  );
  await change(paused, "pause");
  const kept = await waitFor(
    "the shard to rest with a checkpoint",
    async () => {
      const [shard] = await cluster.query<{
        done: number;
        status: string;
        checkpoint_sha256: string | null;
        retry_count: number;
      }>(
        `SELECT done, status, checkpoint_sha256, retry_count FROM shard WHERE job_id = $1`,
        [paused],
      );
      return shard?.status === "PENDING" && shard;
    },
    { withinMs: 5_000 },
  );
  expect(kept.checkpoint_sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(kept.retry_count).toBe(0);
  expect(kept.done).toBeGreaterThan(0.1);
  await reach(paused, "PAUSED");

  await change(paused, "resume");
  const [resumed] = await waitFor(
    "the shard to run again",
    async () => {
      const rows = await cluster.query<{ done: number }>(
        `SELECT done FROM shard WHERE job_id = $1 AND status IN ('RUNNING', 'SUCCEEDED')`,
        [paused],
      );
      return rows.length === 1 && rows;
    },
    { withinMs: 30_000 },
  );
  expect(resumed.done).toBeGreaterThanOrEqual(kept.done);
  await reach(paused, "SUCCEEDED");
  const masks = await cluster.query<{ mask_sha256: string }>(
    `SELECT mask_sha256 FROM pattern WHERE job_id = ANY($1)`,
    [[whole, paused]],
  );
  expect(masks).toHaveLength(2);
  expect(new Set(masks.map(({ mask_sha256 }) => mask_sha256)).size).toBe(1);
});
