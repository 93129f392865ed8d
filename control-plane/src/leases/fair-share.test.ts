/** Who is served next: by weight, and newcomers at once; the rule by itself, and through feeder and queue. */
import { randomUUID } from "node:crypto";
import type { PgBoss } from "pg-boss";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
import { shareWindow, type JobLoad } from "./fair-share.ts";
import type { GrantedLease } from "./lease-operations.ts";
import { newLeaseOperations } from "./new-lease-operations.ts";

describe("the rule", () => {
  const job = (given: Partial<JobLoad> & { jobId: string }): JobLoad => ({
    weight: 1,
    inFlight: 0,
    pending: 1_000,
    ...given,
  });
  const counts = (jobs: readonly JobLoad[], room: number) =>
    Object.fromEntries(
      shareWindow(jobs, room).map(({ jobId, priorities }) => [
        jobId,
        priorities.length,
      ]),
    );

  it("fills the room by weight", () => {
    const jobs = [job({ jobId: "a" }), job({ jobId: "b", weight: 2 })];
    expect(counts(jobs, 30)).toEqual({ a: 10, b: 20 });
  });

  it("makes good for what is in flight", () => {
    const jobs = [job({ jobId: "a", inFlight: 20 }), job({ jobId: "b" })];
    expect(counts(jobs, 20)).toEqual({ b: 20 });
  });

  it("gives what one job cannot use to the others, and never more than there is", () => {
    const jobs = [job({ jobId: "a", pending: 3 }), job({ jobId: "b" })];
    expect(counts(jobs, 10)).toEqual({ a: 3, b: 7 });
    expect(counts([job({ jobId: "a", pending: 3 })], 10)).toEqual({ a: 3 });
    expect(counts([], 10)).toEqual({});
    expect(counts(jobs, 0)).toEqual({});
  });

  it("puts a newcomer before the backlog of one that has much in flight", () => {
    const [old] = shareWindow([job({ jobId: "a" })], 100);
    const [late] = shareWindow([job({ jobId: "b" })], 1);
    expect(late!.priorities[0]).toBeGreaterThan(old!.priorities[1]!);
  });

  it("keeps priorities in the queue's 32 bits", () => {
    const [share] = shareWindow([job({ jobId: "a", inFlight: 5_000_000 })], 1);
    expect(share!.priorities[0]).toBeGreaterThanOrEqual(-(2 ** 31));
  });
});

describe("through feeder and queue", () => {
  let test: TestDatabase;
  let database: Database;
  let queue: PgBoss;
  beforeAll(async () => {
    test = await newTestDatabase();
    database = newDatabase(test.pool);
    queue = await startQueue(test.pool, (message) => {
      throw new Error(message);
    });
  }, 60_000);
  afterAll(async () => {
    await stopQueue(queue);
    await test.close();
  });

  it("weights 1 and 2 get their shares within 10%; a job of one shard that comes later is in the very next grant", async () => {
    const slots = 60;
    const nodeId = await addOnlineNode(test.pool, slots);
    const operations = newLeaseOperations(database, queue);
    const light = await submitNoops(test.pool, 3_000, 1);
    const heavy = await submitNoops(test.pool, 3_000, 2);
    const replicaId = randomUUID();
    const running: GrantedLease[] = [];
    const done = { [light]: 0, [heavy]: 0 };
    const turn = async () => {
      await operations.feedShards();
      const leases = slots - running.length;
      const granted = await operations.grantLeases(replicaId, [
        { nodeId, leases },
      ]);
      running.push(...granted);
      return granted;
    };
    // Slots are always full; the oldest third ends in each turn.
    while (done[light]! + done[heavy]! < 1_500) {
      await turn();
      expect(running).toHaveLength(slots);
      const ended = running.splice(0, slots / 3);
      await operations.completeShards(
        ended.map(({ leaseId, shardId, retryCount }) => ({
          ...{ leaseId, shardId, retryCount, nodeId },
          result: { kind: "noop" },
        })),
      );
      for (const { jobId } of ended) done[jobId]!++;
    }
    expect(done[heavy]! / done[light]!).toBeGreaterThan(1.8);
    expect(done[heavy]! / done[light]!).toBeLessThan(2.2);

    const late = await submitNoops(test.pool, 1);
    expect((await turn()).map(({ jobId }) => jobId)).toContain(late);
  });
});
