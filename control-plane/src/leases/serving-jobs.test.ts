/** Whose shards nodes get, through feeder and queue: by weight, newcomers at once, and those who come back neither before nor after. */
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

const slots = 60;
const replicaId = randomUUID();
let test: TestDatabase;
let database: Database;
let queue: PgBoss;
let leases: LeaseOperations;
let nodeId: string;
/** Of the node, oldest first. */
let running: GrantedLease[];

beforeEach(async () => {
  test = await newTestDatabase();
  database = newDatabase(test.pool);
  queue = await startQueue(test.pool, (message) => {
    throw new Error(message);
  });
  leases = newLeaseOperations(database, queue);
  nodeId = await addOnlineNode(test.pool, slots);
  running = [];
}, 60_000);
afterEach(async () => {
  expect(await checkInvariants(test.pool)).toEqual([]);
  await stopQueue(queue);
  await test.close();
});

/** Fills the node's slots, asking until there is nothing more. @returns the jobs whose shards it got */
async function fill(): Promise<string[]> {
  await leases.feedShards();
  const got: GrantedLease[] = [];
  for (;;) {
    const granted = await leases.grantLeases(replicaId, [
      { nodeId, leases: slots - running.length },
    ]);
    if (granted.length === 0) return got.map(({ jobId }) => jobId);
    got.push(...granted);
    running.push(...granted);
  }
}

/** The oldest third of what runs is done. @returns their jobs */
async function endSome(): Promise<string[]> {
  const ended = running.splice(0, slots / 3);
  await leases.completeShards(
    ended.map(({ leaseId, shardId, retryCount }) => ({
      ...{ leaseId, shardId, retryCount, nodeId },
      result: { kind: "noop" },
    })),
  );
  return ended.map(({ jobId }) => jobId);
}

/** With all slots taken all the time. @returns how many shards of each of the jobs were done */
async function serve(turns: number, ...jobs: string[]): Promise<number[]> {
  const done: string[] = [];
  for (let turn = 0; turn < turns; turn++) {
    await fill();
    expect(running).toHaveLength(slots);
    done.push(...(await endSome()));
  }
  return jobs.map((job) => done.filter((one) => one === job).length);
}

it("jobs of weights 1 and 2 get their shares within 10%, also when one of them comes later", async () => {
  const light = await submitNoops(test.pool, 3_000, 1);
  await serve(20);
  const heavy = await submitNoops(test.pool, 3_000, 2);
  // What stood in the window before goes first.
  await serve(12);
  const [ofLight, ofHeavy] = await serve(60, light, heavy);
  expect(ofHeavy! / ofLight!).toBeGreaterThan(1.8);
  expect(ofHeavy! / ofLight!).toBeLessThan(2.2);
});

it("a job of one shard behind one of 100,000 is in the very next grant", async () => {
  await submitNoops(test.pool, 100_000);
  await serve(5);
  const late = await submitNoops(test.pool, 1);
  expect(await fill()).toContain(late);
});

it("a job that was paused neither waits for those that came meanwhile nor catches up on them", async () => {
  const first = await submitNoops(test.pool, 10_000);
  await serve(40);
  await database.transaction((client) => leases.pauseJob(client, first));
  await leases.yieldShards(
    running
      .splice(0)
      .map(({ leaseId }) => ({ leaseId, nodeId, checkpointSha256: null })),
  );
  const second = await submitNoops(test.pool, 10_000);
  await serve(10);
  await database.transaction((client) => leases.resumeJob(client, first));
  await serve(12);
  const [ofFirst, ofSecond] = await serve(30, first, second);
  expect(ofFirst! / ofSecond!).toBeGreaterThan(0.9);
  expect(ofFirst! / ofSecond!).toBeLessThan(1.1);
});

it("a job that is weighed anew has its new share from the next grant on, both ways", async () => {
  const first = await submitNoops(test.pool, 10_000);
  const second = await submitNoops(test.pool, 10_000);
  await serve(12);
  const weigh = (weight: number) =>
    database.transaction((client) => leases.reweighJob(client, first, weight));
  for (const [weight, share] of [
    [9, 0.9],
    [1, 0.5],
  ] as const) {
    await weigh(weight);
    const granted: string[] = [];
    for (let turn = 0; turn < 9; turn++) {
      await endSome();
      granted.push(...(await fill()));
    }
    // Not even the first grant is by the old weight: what stood in the window was placed anew.
    for (const part of [granted.slice(0, 20), granted]) {
      const ofFirst = part.filter((job) => job === first).length;
      expect(ofFirst / part.length).toBeGreaterThan(share - 0.1);
      expect(ofFirst / part.length).toBeLessThanOrEqual(share + 0.1);
    }
  }
  await weigh(1);
  const [ofFirst, ofSecond] = await serve(30, first, second);
  expect(ofFirst! / ofSecond!).toBeGreaterThan(0.9);
  expect(ofFirst! / ofSecond!).toBeLessThan(1.1);
});
