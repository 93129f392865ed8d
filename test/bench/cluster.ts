/**
 * `npm run bench -- cluster`: what the cluster's bookkeeping costs. No-op shards through real replicas, nodes and PostgreSQL, all on
 * this machine: shards a second, dispatch latency with a long queue, fairness, memory, planning.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Cluster } from "../harness/cluster.ts";
import { RawNode } from "../harness/raw-node.ts";
import { pause, waitFor } from "../harness/wait-for.ts";
import { watchMemory } from "./memory-watch.ts";

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    shards: { type: "string", default: "200000" },
    nodes: { type: "string", default: "4" },
    slots: { type: "string", default: "500" },
    seconds: { type: "string", default: "30" },
    /** Which of the phases, by name; all of them by default. */
    phases: { type: "string", default: Object.keys(phases()).join() },
    json: { type: "boolean", default: false },
  },
});
const waiting = Number(options.shards);
const nodeNames = Array.from(
  { length: Number(options.nodes) },
  (_, i) => `node-${i}`,
);
const say = (line: string) => process.stderr.write(`${line}\n`);

const cluster = await Cluster.start({ replicas: 2 });
const memory = watchMemory(() =>
  cluster.replicas.filter((r) => r.isRunning).map((r) => r.process.pid),
);
const figures: Record<string, number | string> = {};
/** Notes figures, and the replicas' largest memory while they came about. */
function note(phase: string, found: Record<string, number | string>): void {
  const rssMiB = Math.round(memory.largest() / 2 ** 20);
  Object.assign(figures, found, { [`${phase}RssMiB`]: rssMiB });
  say(`${phase}: ${JSON.stringify({ ...found, rssMiB })}`);
}
try {
  await measureCluster();
} catch (error) {
  say(cluster.logs());
  throw error;
} finally {
  memory.stop();
  await cluster.close();
}
process.stdout.write(
  options.json
    ? `${JSON.stringify(figures)}\n`
    : Object.entries(figures)
        .map(([name, value]) => `${name.padEnd(34)} ${value}\n`)
        .join(""),
);

async function measureCluster(): Promise<void> {
  const began = performance.now();
  const large = await submit({ shards: waiting, waitMs: 0 });
  note("submit", { shards: waiting, submitMs: elapsed(began) });
  const slots = Number(options.slots);
  await Promise.all(
    nodeNames.map((name) => cluster.startNode(name, { slots })),
  );
  for (const [name, measure] of Object.entries(phases()))
    if (options.phases.split(",").includes(name)) await measure(large);
}

/** In their order; the large job is under way in the first two. */
function phases(): Readonly<Record<string, (job: string) => Promise<void>>> {
  return {
    throughput: measureThroughput,
    dispatch: measureDispatch,
    fairShare: measureFairShare,
    lateJob: measureLateJob,
    planning: measurePlanning,
  };
}

/** Completed shards a second over a window, once it runs. */
async function measureThroughput(job: string): Promise<void> {
  await waitFor(
    "shards to complete",
    async () => (await succeeded(job)) > 1_000,
    { withinMs: 60_000 },
  );
  const from = { at: performance.now(), count: await succeeded(job) };
  // Ends early, with a good part still waiting: the queue is to be long throughout.
  while (
    elapsed(from.at) < Number(options.seconds) * 1_000 &&
    (await succeeded(job)) < waiting * 0.7
  )
    await pause(250);
  const count = (await succeeded(job)) - from.count;
  const seconds = elapsed(from.at) / 1000;
  note("throughput", { shardsPerSecond: Math.round(count / seconds) });
}

/** From a node's credit to its lease, as the node sees it, while the others keep the replicas at work. */
async function measureDispatch(job: string): Promise<void> {
  const pending = waiting - (await succeeded(job));
  const [first] = cluster.replicas;
  const node = new RawNode(`127.0.0.1:${first.proxy.port}`);
  await node.next("welcome");
  const latencies: number[] = [];
  const began = performance.now();
  while (latencies.length < 300 && elapsed(began) < 30_000) {
    const asked = performance.now();
    const [lease] = await node.take(1);
    latencies.push(performance.now() - asked);
    node.accept([lease]);
    node.report(lease);
  }
  node.close();
  await change(job, "cancel");
  latencies.sort((a, b) => a - b);
  const quantile = (q: number) =>
    Math.round(latencies[Math.ceil(q * latencies.length) - 1]);
  note("dispatch", {
    dispatches: latencies.length,
    stillWaiting: pending,
    dispatchP50Ms: quantile(0.5),
    dispatchP99Ms: quantile(0.99),
  });
}

/** Two jobs of weights 1 and 2: the ratio of what they got while both had work. */
async function measureFairShare(): Promise<void> {
  const shards = 60_000;
  const [light, heavy] = await Promise.all(
    [1, 2].map((weight) => submit({ shards, waitMs: 200, weight })),
  );
  await waitFor("both to run", async () => (await succeeded(heavy)) > 3_000, {
    withinMs: 120_000,
  });
  const before = [await succeeded(light), await succeeded(heavy)];
  await waitFor(
    "both to go on",
    async () => (await succeeded(heavy)) > before[1] + 15_000,
    { withinMs: 120_000 },
  );
  const gained = [
    (await succeeded(light)) - before[0],
    (await succeeded(heavy)) - before[1],
  ];
  note("fairShare", { shareOfWeight2: round(gained[1] / gained[0]) });
  await Promise.all([light, heavy].map((job) => change(job, "cancel")));
}

/** A job of one shard behind 100,000 others on busy slots. */
async function measureLateJob(): Promise<void> {
  const crowd = await submit({ shards: 100_000, waitMs: 1_000 });
  await waitFor("it to run", async () => (await succeeded(crowd)) > 1_000, {
    withinMs: 60_000,
  });
  const began = performance.now();
  const late = await submit({ shards: 1, waitMs: 0 });
  await waitFor("the late job", async () => (await succeeded(late)) === 1, {
    withinMs: 60_000,
    everyMs: 20,
  });
  note("lateJob", { lateJobDoneMs: elapsed(began) });
  await change(crowd, "cancel");
}

/** A job of 1,000 classes × 3 canvases, where its model and data set are at hand. */
async function measurePlanning(): Promise<void> {
  const shared =
    process.env.MOTIF_SHARED ??
    fileURLToPath(new URL("../../../shared", import.meta.url));
  const model = join(shared, "models/mobilenet-v1-025-imagenet.onnx");
  const path = join(shared, "data/imagenet-sample-1000.tar");
  if (!existsSync(model) || !existsSync(path)) {
    note("planning", { planning: `skipped: there is no ${model} or ${path}` });
    return;
  }
  // Hundreds of real searches at once would only show what two cores cannot do.
  await Promise.all(nodeNames.map((name) => cluster.node(name).stop()));
  await cluster.startNode("searcher", { slots: 1 });
  await cluster.request("POST", "/api/datasets", { name: "imagenet", path });
  const registered = await cluster.request<{ id: string }>(
    "POST",
    "/api/models",
    { path: model, dataset: "imagenet" },
  );
  await waitFor(
    "the model to be checked",
    async () => {
      const { checks } = await cluster.request<{
        checks: readonly { status: string; problem: string | null }[];
      }>("GET", `/api/models/${registered.id}`);
      return checks[0]?.status === "READY";
    },
    { withinMs: 300_000, everyMs: 1_000 },
  );
  const began = performance.now();
  const job = await cluster.request<{ id: string; shards: { total: number } }>(
    "POST",
    "/api/jobs",
    {
      ...{ kind: "search", model: registered.id, dataset: "imagenet" },
      ...{ classes: "all", canvases: 3, steps: 1, batchSize: 1 },
    },
  );
  const plannedMs = elapsed(began);
  await waitFor("its first result", async () => (await succeeded(job.id)) > 0, {
    withinMs: 300_000,
  });
  note("planning", { plannedMs, plannedShards: job.shards.total });
  await change(job.id, "cancel");
}

async function submit(job: {
  shards: number;
  waitMs: number;
  weight?: number;
}): Promise<string> {
  return (
    await cluster.request<{ id: string }>("POST", "/api/jobs", {
      kind: "noop",
      ...job,
    })
  ).id;
}

async function change(job: string, action: "cancel"): Promise<void> {
  await cluster.request("POST", `/api/jobs/${job}/${action}`);
}

async function succeeded(job: string): Promise<number> {
  const [row] = await cluster.query<{ n: number }>(
    `SELECT succeeded_count AS n FROM job WHERE id = $1`,
    [job],
  );
  return row?.n ?? 0;
}

function elapsed(since: number): number {
  return Math.round(performance.now() - since);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
