/**
 * `npm run bench -- spread --dataset PATH`: one training spread over nodes, all on this machine, against the same on one: accuracy, time,
 * and what it takes when a node is killed in each of its first five rounds.
 */
import { parseArgs } from "node:util";
import { Cluster } from "../harness/cluster.ts";
import { runMotif } from "../harness/motif.ts";
import { pause, waitFor } from "../harness/wait-for.ts";

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    dataset: { type: "string" },
    /** As of `motif train`, in one text. */
    recipe: {
      type: "string",
      default: "--epochs 8 --batch-size 128 --learning-rate 0.1",
    },
    /** workers[x rounds][+killed], as many as wanted. */
    trainings: { type: "string", default: "1,2,3,3+killed" },
    json: { type: "boolean", default: false },
  },
});
if (options.dataset === undefined)
  throw new Error("say what is trained on: --dataset PATH");
const roundsToDisturb = 5;
const say = (line: string) => process.stderr.write(`${line}\n`);

interface Job {
  readonly id: string;
  readonly status: string;
}
interface Trained {
  readonly cleanAccuracy: number | null;
  readonly trainMs: number | null;
  readonly spread: { readonly rounds: number } | null;
}
interface Figures {
  readonly training: string;
  readonly cleanAccuracy: number;
  readonly seconds: number;
  /** Of all nodes together: what it cost. */
  readonly nodeSeconds: number;
  readonly killed: number;
  readonly sha256: string;
}

const cluster = await Cluster.start({ replicas: 1 });
let started = 0;
const startNode = () => cluster.startNode(`node-${started++}`, { slots: 1 });
const alive = () =>
  [...cluster.nodes.values()].filter((node) => !node.hasEnded).length;
const found: Figures[] = [];
try {
  await startNode();
  await ask("datasets", "add", options.dataset, "--name", "images");
  for (const training of options.trainings.split(",")) {
    const figures = await measure(training);
    found.push(figures);
    say(JSON.stringify(figures));
  }
} catch (error) {
  say(cluster.logs());
  throw error;
} finally {
  await cluster.close();
}
process.stdout.write(
  options.json
    ? `${JSON.stringify(found)}\n`
    : found
        .map(
          (run) =>
            `${run.training.padEnd(12)} ${(100 * run.cleanAccuracy).toFixed(2)}%  ${run.seconds.toFixed(0)} s, ` +
            `${run.nodeSeconds.toFixed(0)} s of nodes, ${run.killed} killed, model ${run.sha256.slice(0, 12)}\n`,
        )
        .join(""),
);

async function measure(training: string): Promise<Figures> {
  const [, workers, rounds, disturbed] =
    /^(\d+)(?:x(\d+))?(\+killed)?$/.exec(training) ?? [];
  if (!workers) throw new Error(`--trainings: ${training}?`);
  while (alive() < Number(workers)) await startNode();
  const name = training.replaceAll("+", "-");
  const began = performance.now();
  const job = await ask<Job>(
    ...["train", "--dataset", "images", "--name", name, "--no-watch"],
    ...options.recipe.split(/\s+/),
    ...(workers === "1" ? [] : ["--workers", workers]),
    ...(rounds === undefined ? [] : ["--rounds", rounds]),
  );
  let killed = 0;
  if (disturbed !== undefined)
    for (; killed < roundsToDisturb; killed++) await killIn(job, killed);
  const status = await endOf(job);
  if (status !== "SUCCEEDED") throw new Error(`the job is ${status}`);
  const seconds = (performance.now() - began) / 1_000;
  const [model] = await cluster.request<Trained[]>(
    ...(["GET", `/api/jobs/${job.id}/models`] as const),
  );
  const [{ sha256 }] = await cluster.query<{ sha256: string }>(
    "SELECT sha256 FROM trained_model WHERE job_id = $1",
    [job.id],
  );
  return {
    ...{ training, seconds, killed, sha256 },
    cleanAccuracy: model.cleanAccuracy ?? 0,
    nodeSeconds: (model.trainMs ?? 0) / 1_000,
  };
}

async function endOf({ id }: Job): Promise<string> {
  for (;;) {
    const { status } = await cluster.request<Job>("GET", `/api/jobs/${id}`);
    if (status !== "RUNNING") return status;
    await pause(500);
  }
}

/** Kills a node that is at the round, and starts another. */
async function killIn({ id }: Job, round: number): Promise<void> {
  let holder = "";
  await waitFor(
    `a worker of round ${round} to be under way`,
    async () => {
      const [row] = await cluster.query<{ name: string }>(
        `SELECT gpu_node.name FROM shard JOIN lease ON lease.id = shard.lease_id JOIN gpu_node ON gpu_node.id = lease.node_id
         WHERE shard.job_id = $1 AND shard.status = 'RUNNING' AND shard.spec->'round'->>'round' = $2`,
        [id, `${round}`],
      );
      holder = row?.name ?? "";
      return row !== undefined;
    },
    { withinMs: 1_200_000 },
  );
  await cluster.node(holder).kill();
  await startNode();
}

async function ask<T>(...args: string[]): Promise<T> {
  const { status, stdout, stderr } = await runMotif(
    ...[...args, "--json", "--url", cluster.replicas[0].address],
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}
