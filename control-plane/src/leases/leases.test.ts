/** Every transition of a shard, and every one that is refused, on a real database and queue. */
import { randomUUID } from "node:crypto";
import type { PgBoss } from "pg-boss";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  newTestDatabase,
  type TestDatabase,
} from "../../../test/harness/postgres.ts";
import { newDatabase, type Database } from "../database/database.ts";
import { startQueue, stopQueue } from "../database/queue.ts";
import type { ShardSpec } from "../shards/shard-spec.ts";
import { checkInvariants } from "./check-invariants.ts";
import type { GrantedLease, LeaseOperations } from "./lease-operations.ts";
import { newLeaseOperations } from "./new-lease-operations.ts";

let test: TestDatabase;
let database: Database;
let queue: PgBoss;
let leases: LeaseOperations;
const replica = randomUUID();
const node = randomUUID();
const other = randomUUID();

beforeEach(async () => {
  test = await newTestDatabase();
  database = newDatabase(test.pool);
  queue = await startQueue(test.pool, (message) => {
    throw new Error(message);
  });
  leases = newLeaseOperations(database, queue);
}, 60_000);
afterEach(async () => {
  expect(await checkInvariants(test.pool)).toEqual([]);
  await stopQueue(queue);
  await test.close();
});

async function submit(
  shards: number,
  weight = 1,
  spec: ShardSpec = { kind: "noop", waitMs: 0 },
): Promise<string> {
  const jobId = randomUUID();
  await test.pool.query(
    `INSERT INTO job (id, kind, name, weight, parameters, shard_count, created_by) VALUES ($1, $2, 'test', $3, '{}', $4, 'test')`,
    [jobId, spec.kind, weight, shards],
  );
  await test.pool.query(
    `INSERT INTO shard (id, job_id, "index", spec) SELECT gen_random_uuid(), $1, place, $2::jsonb FROM generate_series(0, $3 - 1) AS place`,
    [jobId, JSON.stringify(spec), shards],
  );
  return jobId;
}

const grant = (count = 1, nodeId = node) =>
  leases.grantLeases(replica, [{ nodeId, leases: count }]);

async function grantOne(nodeId = node): Promise<GrantedLease> {
  await leases.feedShards();
  const [lease] = await grant(1, nodeId);
  if (!lease) throw new Error("nothing was granted");
  return lease;
}

const resultOf = (lease: GrantedLease) => ({
  leaseId: lease.leaseId,
  shardId: lease.shardId,
  nodeId: lease.nodeId,
  retryCount: lease.retryCount,
  result: { kind: "noop" } as const,
});

async function statusOf(shardId: string): Promise<string> {
  const { rows } = await test.pool.query<{ status: string }>(
    `SELECT status FROM shard WHERE id = $1`,
    [shardId],
  );
  return rows[0]!.status;
}

async function jobOf(id: string) {
  const { rows } = await test.pool.query<{
    status: string;
    succeeded_count: number;
    dead_count: number;
    cancelled_count: number;
  }>(
    `SELECT status, succeeded_count, dead_count, cancelled_count FROM job WHERE id = $1`,
    [id],
  );
  return rows[0]!;
}

async function eventsOf(stream: string): Promise<string[]> {
  const { rows } = await test.pool.query<{ type: string }>(
    `SELECT type FROM event WHERE stream = $1 ORDER BY seq`,
    [stream],
  );
  return rows.map(({ type }) => type);
}

/** As if the lease's last sign of life had been that long ago. */
const age = (leaseId: string, seconds: number) =>
  test.pool.query(
    `UPDATE lease SET renewed_at = now() - $2 * interval '1 s' WHERE id = $1`,
    [leaseId, seconds],
  );

/** As if the queue's back-off were over. */
const skipBackoff = () =>
  test.pool.query(
    `UPDATE pgboss.job SET start_after = now() WHERE state = 'retry'`,
  );

describe("the way of a shard", () => {
  it("from pending to succeeded, and its job with it", async () => {
    const jobId = await submit(1);
    expect(await grant()).toEqual([]);
    const lease = await grantOne();
    expect(lease).toMatchObject({
      nodeId: node,
      jobId,
      retryCount: 0,
      spec: { kind: "noop", waitMs: 0 },
      checkpointSha256: null,
    });
    expect(await statusOf(lease.shardId)).toBe("LEASED");
    await leases.acceptLeases(node, [lease.leaseId]);
    expect(await statusOf(lease.shardId)).toBe("RUNNING");
    expect(await leases.completeShards([resultOf(lease)])).toEqual([
      { leaseId: lease.leaseId, verdict: "stored", reason: "" },
    ]);
    expect(await statusOf(lease.shardId)).toBe("SUCCEEDED");
    expect(await jobOf(jobId)).toMatchObject({
      status: "SUCCEEDED",
      succeeded_count: 1,
    });
    expect(await eventsOf(jobId)).toEqual(["job-status"]);
  });

  it("a result that is sent again gets the same answer, and no second row", async () => {
    await submit(1);
    const lease = await grantOne();
    const [first] = await leases.completeShards([
      resultOf(lease),
      resultOf(lease),
    ]);
    const [again] = await leases.completeShards([resultOf(lease)]);
    expect(first).toMatchObject({ verdict: "stored" });
    expect(again).toEqual(first);
    const { rows } = await test.pool.query(`SELECT 1 FROM result`);
    expect(rows).toHaveLength(1);
  });

  it("a failed attempt comes again after a back-off, elsewhere too, five times; then it is dead and its job failed", async () => {
    const jobId = await submit(1);
    let lease = await grantOne();
    for (let retry = 0; retry < 5; retry++) {
      await leases.failShards([
        {
          leaseId: lease.leaseId,
          nodeId: lease.nodeId,
          fault: "node",
          message: "no luck",
        },
      ]);
      expect(await statusOf(lease.shardId)).toBe("RETRY");
      expect(await grant()).toEqual([]);
      await skipBackoff();
      [lease] = (await grant(1, retry % 2 ? node : other)) as [GrantedLease];
      expect(lease.retryCount).toBe(retry + 1);
    }
    await leases.failShards([
      {
        leaseId: lease.leaseId,
        nodeId: lease.nodeId,
        fault: "node",
        message: "no luck",
      },
    ]);
    expect(await statusOf(lease.shardId)).toBe("DEAD");
    expect(await jobOf(jobId)).toMatchObject({
      status: "FAILED",
      dead_count: 1,
    });
    expect((await eventsOf(jobId)).slice(-2)).toEqual([
      "shard-dead",
      "job-status",
    ]);
  });

  it("a failed attempt comes again before shards that were fed later, however little is in flight by then", async () => {
    const first = await submit(16);
    await leases.feedShards();
    const held = await grant(16);
    // Fed last, with the lowest priority.
    const last = held.at(-1)!;
    await leases.failShards([
      {
        leaseId: last.leaseId,
        nodeId: node,
        fault: "node",
        message: "its node is gone",
      },
    ]);
    await leases.completeShards(held.slice(0, -1).map(resultOf));
    await submit(20);
    await leases.feedShards();
    await skipBackoff();
    const [next] = await grant();
    expect(next).toMatchObject({ shardId: last.shardId, jobId: first });
  });

  it("a fault of the input is not tried again", async () => {
    await submit(1);
    const { leaseId, shardId } = await grantOne();
    await leases.failShards([
      { leaseId, nodeId: node, fault: "input", message: "no such operator" },
    ]);
    expect(await statusOf(shardId)).toBe("DEAD");
    await skipBackoff();
    expect(await leases.feedShards()).toBe(0);
    expect(await grant()).toEqual([]);
  });

  it("a yielded shard goes on from its checkpoint, and no attempt is spent", async () => {
    await submit(1);
    const checkpointSha256 = "c".repeat(64);
    await test.pool.query(
      `INSERT INTO artifact (sha256, bytes, media_type) VALUES ($1, 1, 'x')`,
      [checkpointSha256],
    );
    const { leaseId, shardId } = await grantOne();
    await leases.yieldShards([{ leaseId, nodeId: node, checkpointSha256 }]);
    expect(await statusOf(shardId)).toBe("PENDING");
    expect(await grantOne(other)).toMatchObject({
      shardId,
      retryCount: 0,
      checkpointSha256,
    });
  });

  it("a checkpoint that was never stored is not promised to anybody", async () => {
    await submit(1);
    const { leaseId } = await grantOne();
    await leases.yieldShards([
      { leaseId, nodeId: node, checkpointSha256: "d".repeat(64) },
    ]);
    expect(await grantOne()).toMatchObject({ checkpointSha256: null });
  });
});

describe("the fence", () => {
  it("a lease that is not accepted in 5 s goes to another, no attempt spent", async () => {
    await submit(1);
    const lease = await grantOne();
    expect(await leases.expireLeases()).toBe(0);
    await age(lease.leaseId, 6);
    expect(await leases.expireLeases()).toBe(1);
    expect(await grantOne(other)).toMatchObject({
      shardId: lease.shardId,
      retryCount: 0,
    });
    expect(await leases.completeShards([resultOf(lease)])).toMatchObject([
      { verdict: "stale" },
    ]);
  });

  it("a lease without heartbeats for 12 s counts as a failed attempt; what its node sends later is stale", async () => {
    await submit(1);
    const lease = await grantOne();
    await leases.acceptLeases(node, [lease.leaseId]);
    await age(lease.leaseId, 11);
    expect(await leases.expireLeases()).toBe(0);
    await age(lease.leaseId, 13);
    expect(await leases.expireLeases()).toBe(1);
    await skipBackoff();
    const [next] = (await grant(1, other)) as [GrantedLease];
    expect(next).toMatchObject({ shardId: lease.shardId, retryCount: 1 });

    expect(await leases.completeShards([resultOf(lease)])).toMatchObject([
      { verdict: "stale" },
    ]);
    const { leaseId } = lease;
    const beat = { leaseId, done: 1, checkpointSha256: null };
    expect(
      await leases.renewLeases([{ nodeId: node, leases: [beat] }]),
    ).toEqual({ goneLeaseIds: [leaseId] });
    expect(await leases.adoptLeases(replica, node, [leaseId])).toEqual({
      goneLeaseIds: [leaseId],
    });
    await leases.yieldShards([
      { leaseId, nodeId: node, checkpointSha256: null },
    ]);
    await leases.failShards([
      { leaseId, nodeId: node, fault: "input", message: "late" },
    ]);
    expect(await statusOf(lease.shardId)).toBe("LEASED");
    expect(await leases.completeShards([resultOf(next)])).toMatchObject([
      { verdict: "stored" },
    ]);
  });

  it("heartbeats put it off and say how far it is", async () => {
    await submit(1);
    const { leaseId, shardId } = await grantOne();
    await age(leaseId, 11);
    const beat = { leaseId, done: 0.5, checkpointSha256: null };
    expect(
      await leases.renewLeases([{ nodeId: node, leases: [beat] }]),
    ).toEqual({ goneLeaseIds: [] });
    expect(await leases.expireLeases()).toBe(0);
    const { rows } = await test.pool.query(
      `SELECT done, status FROM shard WHERE id = $1`,
      [shardId],
    );
    expect(rows).toEqual([{ done: 0.5, status: "RUNNING" }]);
  });

  it("nobody ends, renews or answers for another node's lease", async () => {
    await submit(1);
    const lease = await grantOne();
    const { leaseId } = lease;
    await leases.acceptLeases(other, [leaseId]);
    await leases.yieldShards([
      { leaseId, nodeId: other, checkpointSha256: null },
    ]);
    await leases.failShards([
      { leaseId, nodeId: other, fault: "input", message: "no" },
    ]);
    const beat = { leaseId, done: 1, checkpointSha256: null };
    expect(
      await leases.renewLeases([{ nodeId: other, leases: [beat] }]),
    ).toEqual({ goneLeaseIds: [leaseId] });
    expect(
      await leases.completeShards([
        { ...resultOf(lease), nodeId: other },
        { ...resultOf(lease), leaseId: randomUUID() },
      ]),
    ).toMatchObject([{ verdict: "stale" }, { verdict: "stale" }]);
    expect(
      await leases.completeShards([{ ...resultOf(lease), retryCount: 7 }]),
    ).toMatchObject([{ verdict: "stale" }]);
    expect(await statusOf(lease.shardId)).toBe("LEASED");
  });

  it("a node that connects to another replica keeps what it holds", async () => {
    await submit(1);
    const { leaseId } = await grantOne();
    const elsewhere = randomUUID();
    expect(await leases.adoptLeases(elsewhere, node, [leaseId])).toEqual({
      goneLeaseIds: [],
    });
    const { rows } = await test.pool.query(`SELECT replica_id FROM lease`);
    expect(rows).toEqual([{ replica_id: elsewhere }]);
  });
});

describe("a job that people stop", () => {
  it("cancelled: every shard at once, what was running is stale", async () => {
    const jobId = await submit(40);
    await leases.feedShards();
    const granted = await grant(3);
    const [running, ...rest] = granted as [GrantedLease, ...GrantedLease[]];
    await leases.completeShards([resultOf(running)]);
    await database.transaction((client) => leases.cancelJob(client, jobId));
    expect(await jobOf(jobId)).toMatchObject({
      status: "CANCELLED",
      succeeded_count: 1,
      cancelled_count: 39,
    });
    expect(await leases.completeShards(rest.map(resultOf))).toMatchObject([
      { verdict: "stale" },
      { verdict: "stale" },
    ]);
    expect(await grant(50)).toEqual([]);
    await database.transaction((client) => leases.cancelJob(client, jobId));
    await expect(
      database.transaction((client) => leases.resumeJob(client, jobId)),
    ).rejects.toMatchObject({ code: "conflict" });
  });

  it("cancelled or paused beside a grant: shards are locked in its order, so that neither waits for the other for ever", async () => {
    for (const stop of ["cancelJob", "pauseJob"] as const) {
      const jobId = await submit(12);
      await leases.feedShards();
      // As a grant does: by ids, ascending.
      const { rows } = await test.pool.query<{ id: string }>(
        `SELECT id FROM shard WHERE job_id = $1 ORDER BY id`,
        [jobId],
      );
      const [lowest, ...rest] = rows.map(({ id }) => id);
      const granting = await test.pool.connect();
      const lock = (ids: readonly (string | undefined)[]) =>
        granting.query(
          `SELECT id FROM shard WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE SKIP LOCKED`,
          [ids],
        );
      try {
        await granting.query("BEGIN");
        await lock([lowest]);
        const stopping = database.transaction((client) =>
          leases[stop](client, jobId),
        );
        await expect
          .poll(async () => {
            const { rows: waiting } = await test.pool.query(
              `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
            );
            return waiting.length;
          })
          .toBe(1);
        expect((await lock(rest)).rowCount).toBe(rest.length);
        await granting.query("COMMIT");
        await stopping;
      } finally {
        granting.release();
      }
    }
  });

  it("paused: nothing more is given out; resumed: everything comes", async () => {
    const jobId = await submit(20);
    await leases.feedShards();
    const [running] = (await grant(1)) as [GrantedLease];
    await database.transaction((client) => leases.pauseJob(client, jobId));
    expect(await leases.feedShards()).toBe(0);
    expect(await grant(50)).toEqual([]);
    await leases.yieldShards([
      { leaseId: running.leaseId, nodeId: node, checkpointSha256: null },
    ]);
    await database.transaction((client) => leases.resumeJob(client, jobId));
    let done = 0;
    while ((await leases.feedShards()) > 0) {
      const granted = await grant(50);
      await leases.completeShards(granted.map(resultOf));
      done += granted.length;
    }
    expect(done).toBe(20);
    expect(await jobOf(jobId)).toMatchObject({ status: "SUCCEEDED" });
  });

  it("paused: what fails or expires meanwhile waits until it is resumed", async () => {
    const jobId = await submit(2);
    await leases.feedShards();
    const [failing, silent] = (await grant(2)) as [GrantedLease, GrantedLease];
    await leases.acceptLeases(node, [silent.leaseId]);
    await database.transaction((client) => leases.pauseJob(client, jobId));
    await leases.failShards([
      {
        leaseId: failing.leaseId,
        nodeId: node,
        fault: "node",
        message: "no luck",
      },
    ]);
    await age(silent.leaseId, 13);
    expect(await leases.expireLeases()).toBe(1);
    await skipBackoff();
    expect(await grant(50)).toEqual([]);
    await database.transaction((client) => leases.resumeJob(client, jobId));
    expect(await leases.feedShards()).toBe(2);
    expect(await grant(50)).toHaveLength(2);
  });

  it("what was stopped in the queue does not hide what waits behind it", async () => {
    const stopped = await submit(16);
    await leases.feedShards();
    await database.transaction((client) => leases.cancelJob(client, stopped));
    const jobId = await submit(1);
    await leases.feedShards();
    expect(await grant(1)).toMatchObject([{ jobId }]);
  });

  it("paused when its last shards end: it has ended", async () => {
    const jobId = await submit(1);
    const lease = await grantOne();
    await database.transaction((client) => leases.pauseJob(client, jobId));
    await leases.completeShards([resultOf(lease)]);
    expect(await jobOf(jobId)).toMatchObject({ status: "SUCCEEDED" });
  });

  it("tells the nodes of its leases", async () => {
    const jobId = await submit(3);
    await leases.feedShards();
    const granted = await grant(3);
    const listener = await test.pool.connect();
    try {
      const heard = Promise.withResolvers<string>();
      listener.on("notification", ({ payload }) => heard.resolve(payload!));
      await listener.query("LISTEN motif_revoke");
      await database.transaction((client) => leases.pauseJob(client, jobId));
      const { reason, leaseIds } = JSON.parse(await heard.promise) as {
        reason: string;
        leaseIds: string[];
      };
      expect(reason).toBe("paused");
      expect(leaseIds.sort()).toEqual(
        granted.map(({ leaseId }) => leaseId).sort(),
      );
    } finally {
      listener.release(true);
    }
  });

  it("that there is none of", async () => {
    await expect(
      database.transaction((client) => leases.cancelJob(client, randomUUID())),
    ).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("several replicas", () => {
  it("never give one shard to two", async () => {
    await submit(300);
    await test.pool.query(
      `INSERT INTO gpu_node (id, name, status, slots) VALUES ($1, 'n', 'ONLINE', 500)`,
      [node],
    );
    await leases.feedShards();
    const granted = (
      await Promise.all(
        Array.from({ length: 6 }, (_, i) =>
          newLeaseOperations(database, queue).grantLeases(randomUUID(), [
            { nodeId: i % 2 ? node : other, leases: 60 },
          ]),
        ),
      )
    ).flat();
    expect(granted).toHaveLength(300);
    expect(new Set(granted.map(({ shardId }) => shardId)).size).toBe(300);
    const verdicts = (
      await Promise.all(
        [granted, granted].map((lot) =>
          leases.completeShards(lot.map(resultOf)),
        ),
      )
    ).flat();
    expect(verdicts.every(({ verdict }) => verdict === "stored")).toBe(true);
    const { rows } = await test.pool.query(`SELECT count(*)::int FROM result`);
    expect(rows).toEqual([{ count: 300 }]);
  });

  it("spread leases over the nodes that have credit", async () => {
    await submit(10);
    await leases.feedShards();
    const granted = await leases.grantLeases(replica, [
      { nodeId: node, leases: 2 },
      { nodeId: other, leases: 5 },
    ]);
    const counts = Map.groupBy(granted, ({ nodeId }) => nodeId);
    expect(counts.get(node)).toHaveLength(2);
    expect(counts.get(other)).toHaveLength(5);
  });

  it("feed and expire one at a time", async () => {
    await submit(100);
    const fed = await Promise.all(
      Array.from({ length: 4 }, () => leases.feedShards()),
    );
    expect(fed.reduce((sum, count) => sum + count)).toBe(16);
  });
});
