/** Shards that were given up, tried again: on a real database and queue, to the job's end. */
import { randomUUID } from "node:crypto";
import type { PgBoss } from "pg-boss";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  addOnlineNode,
  submitNoops,
} from "../../../test/harness/noop-shards.ts";
import {
  newTestDatabase,
  type TestDatabase,
} from "../../../test/harness/postgres.ts";
import { newDatabase, type Database } from "../database/database.ts";
import { startQueue, stopQueue } from "../database/queue.ts";
import { checkInvariants } from "./check-invariants.ts";
import type { GrantedLease, LeaseOperations } from "./lease-operations.ts";
import { newLeaseOperations } from "./new-lease-operations.ts";

let test: TestDatabase;
let database: Database;
let queue: PgBoss;
let leases: LeaseOperations;
let nodeId: string;

beforeEach(async () => {
  test = await newTestDatabase();
  database = newDatabase(test.pool);
  queue = await startQueue(test.pool, (message) => {
    throw new Error(message);
  });
  leases = newLeaseOperations(database, queue);
  nodeId = await addOnlineNode(test.pool, 16);
}, 60_000);
afterEach(async () => {
  expect(await checkInvariants(test.pool)).toEqual([]);
  await stopQueue(queue);
  await test.close();
});

async function grant(count: number): Promise<readonly GrantedLease[]> {
  await leases.feedShards();
  return leases.grantLeases(randomUUID(), [{ nodeId, leases: count }]);
}

const kill = (granted: readonly GrantedLease[]) =>
  leases.failShards(
    granted.map(({ leaseId }) => ({
      ...{ leaseId, nodeId },
      fault: "input" as const,
      message: "The disk with the data set is not there.",
    })),
  );

const finish = (granted: readonly GrantedLease[]) =>
  leases.completeShards(
    granted.map(({ leaseId, shardId, retryCount }) => ({
      ...{ leaseId, shardId, retryCount, nodeId },
      result: { kind: "noop" as const },
    })),
  );

const redrive = (jobId: string) =>
  database.transaction((client) => leases.redriveJob(client, jobId));

async function jobOf(id: string) {
  const { rows } = await test.pool.query<{
    status: string;
    dead_count: number;
    finished_at: Date | null;
  }>(`SELECT status, dead_count, finished_at FROM job WHERE id = $1`, [id]);
  return rows[0]!;
}

it("a job that failed goes on with its dead shards, all attempts before them, and succeeds", async () => {
  const jobId = await submitNoops(test.pool, 3);
  const [first, ...rest] = await grant(3);
  await finish([first!]);
  // One at its last attempt, so that its count shows whether it starts anew.
  await leases.failShards([
    {
      ...{ leaseId: rest[0]!.leaseId, nodeId },
      fault: "node",
      message: "no luck",
    },
  ]);
  await test.pool.query(
    `UPDATE pgboss.job SET start_after = now() WHERE state = 'retry'`,
  );
  await kill([rest[1]!, ...(await grant(1))]);
  expect(await jobOf(jobId)).toMatchObject({ status: "FAILED", dead_count: 2 });

  expect(await redrive(jobId)).toBe(2);
  expect(await jobOf(jobId)).toEqual({
    status: "RUNNING",
    dead_count: 0,
    finished_at: null,
  });
  const again = await grant(3);
  expect(new Set(again.map(({ shardId }) => shardId))).toEqual(
    new Set(rest.map(({ shardId }) => shardId)),
  );
  expect(again.map(({ retryCount }) => retryCount)).toEqual([0, 0]);
  // What its earlier attempt still sends is stale.
  expect(await finish(rest)).toMatchObject([
    { verdict: "stale" },
    { verdict: "stale" },
  ]);
  await finish(again);
  expect(await jobOf(jobId)).toMatchObject({ status: "SUCCEEDED" });
});

it("a job under way keeps its state, whether it runs or is paused", async () => {
  const jobId = await submitNoops(test.pool, 3);
  const [first, second] = await grant(2);
  await kill([first!]);
  expect(await redrive(jobId)).toBe(1);
  expect(await redrive(jobId)).toBe(0);
  expect(await jobOf(jobId)).toMatchObject({
    status: "RUNNING",
    dead_count: 0,
  });
  await kill([second!]);
  await database.transaction((client) => leases.pauseJob(client, jobId));
  expect(await redrive(jobId)).toBe(1);
  expect(await jobOf(jobId)).toMatchObject({ status: "PAUSED", dead_count: 0 });
  expect(await grant(3)).toEqual([]);
  await database.transaction((client) => leases.resumeJob(client, jobId));
  expect(await grant(3)).toHaveLength(3);
});

it("what has succeeded or was cancelled has nothing to try again", async () => {
  const done = await submitNoops(test.pool, 1);
  await finish(await grant(1));
  const cancelled = await submitNoops(test.pool, 2);
  await kill(await grant(1));
  await database.transaction((client) => leases.cancelJob(client, cancelled));
  for (const [jobId, status] of [
    [done, "SUCCEEDED"],
    [cancelled, "CANCELLED"],
  ] as const)
    await expect(redrive(jobId)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(status) as string,
    });
  await expect(redrive(randomUUID())).rejects.toMatchObject({
    code: "not-found",
  });
});
