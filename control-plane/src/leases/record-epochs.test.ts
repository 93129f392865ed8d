/** What is kept of a training's epochs: each once, of whichever attempt, and few of many. */
import { randomUUID } from "node:crypto";
import type { PgBoss } from "pg-boss";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  newTestDatabase,
  type TestDatabase,
} from "../../../test/harness/postgres.ts";
import { newDatabase } from "../database/database.ts";
import { startQueue, stopQueue } from "../database/queue.ts";
import type { TrainedEpoch } from "../shards/training-progress.ts";
import type { GrantedLease, LeaseOperations } from "./lease-operations.ts";
import { newLeaseOperations } from "./new-lease-operations.ts";

let test: TestDatabase;
let queue: PgBoss;
let leases: LeaseOperations;
const replica = randomUUID();
const node = randomUUID();
const other = randomUUID();

beforeEach(async () => {
  test = await newTestDatabase();
  queue = await startQueue(test.pool, (message) => {
    throw new Error(message);
  });
  leases = newLeaseOperations(newDatabase(test.pool), queue);
}, 60_000);
afterEach(async () => {
  await stopQueue(queue);
  await test.close();
});

async function submit(kind: "train" | "noop", shards = 1): Promise<string> {
  const jobId = randomUUID();
  await test.pool.query(
    `INSERT INTO job (id, kind, name, parameters, shard_count, created_by) VALUES ($1, $2, 'test', '{}', $3, 'test')`,
    [jobId, kind, shards],
  );
  await test.pool.query(
    `INSERT INTO shard (id, job_id, "index", spec) SELECT gen_random_uuid(), $1, place, $2::jsonb FROM generate_series(0, $3 - 1) AS place`,
    [jobId, JSON.stringify({ kind }), shards],
  );
  return jobId;
}

async function grant(nodeId = node): Promise<GrantedLease> {
  await leases.feedShards();
  const [lease] = await leases.grantLeases(replica, [{ nodeId, leases: 1 }]);
  if (!lease) throw new Error("nothing was granted");
  await leases.acceptLeases(nodeId, [lease.leaseId]);
  return lease;
}

const epoch = (number: number, loss = 1 / number): TrainedEpoch => ({
  epoch: number,
  loss,
  accuracy: 0.5,
  images: 64,
  learningRate: 0.1,
  imagesPerSecond: 200,
});

const tell = (
  { leaseId }: GrantedLease,
  epochs: readonly TrainedEpoch[],
  nodeId = node,
) =>
  leases.recordEpochs([
    { nodeId, leaseId, training: { epochs, standing: null } },
  ]);

async function kept({ shardId }: GrantedLease) {
  const { rows } = await test.pool.query<{
    epoch: number;
    loss: number;
    node_id: string;
  }>(
    "SELECT epoch, loss, node_id FROM training_epoch WHERE shard_id = $1 ORDER BY epoch",
    [shardId],
  );
  return rows.map((row): [number, number, string] => [
    row.epoch,
    row.loss,
    row.node_id,
  ]);
}

async function eventsOf(stream: string) {
  const { rows } = await test.pool.query<{ body: unknown }>(
    `SELECT body FROM event WHERE stream = $1 AND type = 'epochs' ORDER BY seq`,
    [stream],
  );
  return rows.map(({ body }) => body);
}

it("an epoch that is told twice is written once, the last counts, and only what is new is told on", async () => {
  const jobId = await submit("train");
  const lease = await grant();
  await tell(lease, [epoch(1), epoch(2)]);
  await tell(lease, [epoch(1), epoch(2)]);
  await tell(lease, [epoch(2, 0.75), epoch(2, 0.25)]);
  expect(await kept(lease)).toEqual([
    [1, 1, node],
    [2, 0.25, node],
  ]);
  const item = { shardId: lease.shardId, index: 0, epoch: 2, accuracy: 0.5 };
  expect(await eventsOf(jobId)).toEqual([
    { items: [{ ...item, loss: 0.5 }] },
    { items: [{ ...item, loss: 0.25 }] },
  ]);
});

it("another attempt goes on where the first was, and what the first still tells is dropped", async () => {
  const jobId = await submit("train");
  const first = await grant();
  await tell(first, [epoch(1), epoch(2)]);
  await leases.yieldShards([
    {
      ...{ leaseId: first.leaseId, nodeId: node, checkpointSha256: null },
      training: { epochs: [epoch(3)], standing: null },
    },
  ]);
  expect((await kept(first)).at(-1)).toEqual([3, 1 / 3, node]);
  const second = await grant(other);
  expect(second.shardId).toBe(first.shardId);
  await tell(second, [epoch(3, 0.2), epoch(4)], other);
  const all = [
    [1, 1, node],
    [2, 0.5, node],
    [3, 0.2, other],
    [4, 0.25, other],
  ];
  expect(await kept(first)).toEqual(all);
  const told = (await eventsOf(jobId)).length;

  await tell(first, [epoch(4, 9), epoch(5)]);
  // Nor may another node speak for the lease that counts.
  await tell(second, [epoch(5)], node);
  expect(await kept(first)).toEqual(all);
  expect(await eventsOf(jobId)).toHaveLength(told);
});

it("the trainings of a batch are told to each of their jobs once", async () => {
  const [one, two] = [await submit("train", 2), await submit("train")];
  const held = [await grant(), await grant(), await grant()];
  await leases.recordEpochs(
    held.map(({ leaseId }) => ({
      ...{ nodeId: node, leaseId },
      training: { epochs: [epoch(1)], standing: null },
    })),
  );
  const indices = (events: readonly unknown[]) =>
    (events as { items: { index: number }[] }[]).map(({ items }) =>
      items.map(({ index }) => index),
    );
  expect(indices(await eventsOf(one))).toEqual([[0, 1]]);
  expect(indices(await eventsOf(two))).toEqual([[0]]);
});

it("what a shard of a job that trains nothing tells is not kept", async () => {
  const jobId = await submit("noop");
  const lease = await grant();
  await leases.recordEpochs([
    {
      ...{ nodeId: node, leaseId: lease.leaseId },
      training: {
        epochs: [epoch(1)],
        standing: { ...epoch(2), epochs: 3, secondsLeft: 1 },
      },
    },
  ]);
  expect(await kept(lease)).toEqual([]);
  expect(await eventsOf(jobId)).toEqual([]);
  const { rowCount } = await test.pool.query("SELECT FROM training_standing");
  expect(rowCount).toBe(0);
});

it("of ten thousand epochs 512 are kept at most, and few events tell of them", async () => {
  const jobId = await submit("train");
  const lease = await grant();
  const perHeartbeat = 25;
  for (let last = 0; last < 10_000; last += perHeartbeat) {
    await tell(
      lease,
      Array.from({ length: perHeartbeat }, (_, i) => epoch(last + i + 1)),
    );
    if (last % 1_000 === 0)
      expect((await kept(lease)).length).toBeLessThanOrEqual(512);
  }
  const numbers = (await kept(lease)).map(([number]) => number);
  expect(numbers.length).toBeLessThanOrEqual(512);
  expect(numbers.length).toBeGreaterThan(255);
  expect(numbers.slice(0, 3)).toEqual([1, 32, 64]);
  expect(numbers.at(-1)).toBe(9_984);
  expect((await eventsOf(jobId)).length).toBeLessThanOrEqual(400);
});
