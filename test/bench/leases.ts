/**
 * `npm run bench -- leases`: what the lease operations cost by themselves, without wire and REST. Two replicas, each with a pool and a
 * queue of its own, on an embedded PostgreSQL with the settings that `motif up` gives it; no-op shards with a long queue behind them.
 */
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import pg from "pg";
import { newDatabase } from "../../control-plane/src/database/database.ts";
import { openEmbeddedPostgres } from "../../control-plane/src/database/embedded-postgres.ts";
import {
  startQueue,
  stopQueue,
} from "../../control-plane/src/database/queue.ts";
import { checkInvariants } from "../../control-plane/src/leases/check-invariants.ts";
import type { GrantedLease } from "../../control-plane/src/leases/lease-operations.ts";
import { newLeaseOperations } from "../../control-plane/src/leases/new-lease-operations.ts";
import { Repeating } from "../../control-plane/src/background/repeating.ts";
import { migrate } from "../../prisma/migrate.ts";
import { addOnlineNode, submitNoops } from "../harness/noop-shards.ts";
import {
  newDataDirectory,
  removeDataDirectory,
} from "../harness/own-postgres.ts";
import { pause } from "../harness/wait-for.ts";
import { watchMemory } from "./memory-watch.ts";

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    shards: { type: "string", default: "150000" },
    slots: { type: "string", default: "500" },
    seconds: { type: "string", default: "20" },
    json: { type: "boolean", default: false },
  },
});
const slots = Number(options.slots);
const seconds = Number(options.seconds);

/** Time spent in an operation, over all replicas. */
const costs = new Map<string, { calls: number; rows: number; ms: number }>();
async function timed<T>(
  name: string,
  work: () => Promise<T>,
  rowsOf: (value: T) => number,
): Promise<T> {
  const began = performance.now();
  const value = await work();
  const cost = costs.get(name) ?? { calls: 0, rows: 0, ms: 0 };
  cost.calls++;
  cost.rows += rowsOf(value);
  cost.ms += performance.now() - began;
  costs.set(name, cost);
  return value;
}

const directory = await newDataDirectory();
const memory = watchMemory(() => [process.pid]);
try {
  const server = await openEmbeddedPostgres({ dataDirectory: directory });
  try {
    await measure(server.url);
  } finally {
    await server.close();
  }
} finally {
  memory.stop();
  await removeDataDirectory(directory);
}

async function measure(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await migrate(client);
  const replicas = [await openReplica(url), await openReplica(url)];
  const jobId = await submitNoops(client, Number(options.shards));
  await client.query("ANALYZE shard");
  const latencies: number[] = [];
  const stop = new AbortController();
  const began = performance.now();
  const working = replicas.map(({ operations, nodeId }) =>
    work(operations, nodeId, latencies, stop.signal),
  );
  await Promise.race([pause(seconds * 1_000), ...working]);
  stop.abort();
  await Promise.all(working);
  const elapsed = (performance.now() - began) / 1_000;
  const { rows } = await client.query<{ done: number }>(
    "SELECT succeeded_count AS done FROM job WHERE id = $1",
    [jobId],
  );
  const violations = await checkInvariants(client);
  const cancelBegan = performance.now();
  await replicas[0].database.transaction((one) =>
    replicas[0].operations.cancelJob(one, jobId),
  );
  const cancelMs = performance.now() - cancelBegan;
  for (const replica of replicas) await replica.close();
  await client.end();

  const done = rows[0].done;
  latencies.sort((a, b) => a - b);
  const quantile = (q: number) =>
    Math.round(latencies[Math.ceil(q * latencies.length) - 1] ?? NaN);
  const figures = {
    completed: done,
    shardsPerSecond: Math.round(done / elapsed),
    dispatchP50Ms: quantile(0.5),
    dispatchP99Ms: quantile(0.99),
    cancelledTheRest: Number(options.shards) - done,
    cancelMs: Math.round(cancelMs),
    rssMiB: Math.round(memory.largest() / 2 ** 20),
    violations: violations.length,
    ...Object.fromEntries(
      [...costs].map(([name, { calls, rows: count, ms }]) => [
        name,
        `${calls} calls, ${Math.round(count / calls)} rows and ${(ms / calls).toFixed(1)} ms each`,
      ]),
    ),
  };
  process.stdout.write(
    options.json
      ? `${JSON.stringify(figures)}\n`
      : Object.entries(figures)
          .map(([name, value]) => `${name.padEnd(18)} ${value}\n`)
          .join(""),
  );
  if (violations.length > 0) {
    process.stderr.write(`${violations.join("\n")}\n`);
    process.exitCode = 1;
  }
}

async function openReplica(url: string) {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  const database = newDatabase(pool);
  const complain = (error: unknown) =>
    process.stderr.write(`bench: ${String(error)}\n`);
  const queue = await startQueue(pool, complain);
  const feeding = new Repeating(
    async () =>
      void (await timed(
        "feed",
        () => operations.feedShards(),
        (count) => count,
      )),
    { everyMs: 100, rest: 2, onTrouble: complain },
  );
  const expiring = new Repeating(
    async () => void (await operations.expireLeases()),
    { everyMs: 500, onTrouble: complain },
  );
  const operations = newLeaseOperations(database, queue, {
    onGranted: () => feeding.wake(),
  });
  feeding.start();
  expiring.start();
  return {
    database,
    operations,
    nodeId: await addOnlineNode(pool, slots),
    async close(): Promise<void> {
      await feeding.stop();
      await expiring.stop();
      await stopQueue(queue);
      await pool.end();
    },
  };
}

/** A replica's edge with one node behind it: grants for the free slots while the results of earlier ones are written. */
async function work(
  operations: ReturnType<typeof newLeaseOperations>,
  nodeId: string,
  latencies: number[],
  signal: AbortSignal,
): Promise<void> {
  const replicaId = randomUUID();
  /** When each free slot was offered, oldest first. */
  const offered = Array.from({ length: slots }, () => performance.now());
  // What has been done waits for the write under way, and is then written together.
  let finished: GrantedLease[] = [];
  let writing: Promise<void> | undefined;
  const write = async () => {
    while (finished.length > 0) {
      const lot = finished;
      finished = [];
      await timed(
        "accept",
        () =>
          operations.acceptLeases(
            nodeId,
            lot.map(({ leaseId }) => leaseId),
          ),
        () => lot.length,
      );
      await timed(
        "complete",
        () =>
          operations.completeShards(
            lot.map(({ leaseId, shardId, retryCount }) => ({
              ...{ leaseId, shardId, retryCount, nodeId },
              result: { kind: "noop" },
            })),
          ),
        (verdicts) => verdicts.length,
      );
      const now = performance.now();
      for (const _ of lot) offered.push(now);
    }
    writing = undefined;
  };
  while (!signal.aborted) {
    const granted = await timed(
      "grant",
      () =>
        operations.grantLeases(replicaId, [{ nodeId, leases: offered.length }]),
      (leases) => leases.length,
    );
    const now = performance.now();
    for (const at of offered.splice(0, granted.length))
      latencies.push(now - at);
    finished.push(...granted);
    if (granted.length > 0) writing ??= write();
    else await (writing ?? pause(5));
  }
  await writing;
}
