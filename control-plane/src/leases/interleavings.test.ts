/**
 * Whatever replicas, nodes and people do, in whatever order and at the same time: the bookkeeping stays true, no status follows another
 * that it may not, and in the end everything is done.
 */
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
import pg from "pg";
import { newDatabase, type Database } from "../database/database.ts";
import { startQueue, stopQueue } from "../database/queue.ts";
import {
  canFollow,
  isEnded,
  isHeld,
  shardStatuses,
  type ShardStatus,
} from "../shards/shard-status.ts";
import { checkInvariants } from "./check-invariants.ts";
import type {
  GrantedLease,
  LeaseOperations,
  SentResult,
} from "./lease-operations.ts";
import { newLeaseOperations } from "./new-lease-operations.ts";

interface Replica {
  readonly id: string;
  readonly pool: pg.Pool;
  readonly database: Database;
  readonly queue: PgBoss;
  readonly operations: LeaseOperations;
}

let test: TestDatabase;
let replicas: readonly Replica[];

beforeEach(async () => {
  test = await newTestDatabase();
  await test.pool.query(
    `CREATE TABLE seen (before text, after text, PRIMARY KEY (before, after));
     CREATE FUNCTION note_status() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO seen VALUES (OLD.status, NEW.status) ON CONFLICT DO NOTHING; RETURN NULL; END $$;
     CREATE TRIGGER note_status AFTER UPDATE ON shard FOR EACH ROW
       WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION note_status()`,
  );
  replicas = await Promise.all(
    [1, 2].map(async () => {
      const pool = new pg.Pool({ connectionString: test.url, max: 4 });
      const database = newDatabase(pool);
      const queue = await startQueue(pool, (message) => {
        throw new Error(message);
      });
      const operations = newLeaseOperations(database, queue);
      return { id: randomUUID(), pool, database, queue, operations };
    }),
  );
}, 60_000);

afterEach(async () => {
  for (const { queue, pool } of replicas) {
    await stopQueue(queue);
    await pool.end();
  }
  await test.close();
});

it.each([1, 2, 3])("random interleavings, seed %i", async (seed) => {
  const random = uniformFrom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(of: readonly T[]): T | undefined => of[below(of.length)];
  const nodes = [
    await addOnlineNode(test.pool, 12),
    await addOnlineNode(test.pool, 12),
  ];
  const jobs = [
    await submitNoops(test.pool, 40, 1),
    await submitNoops(test.pool, 40, 3),
    await submitNoops(test.pool, 25, 2),
  ];
  /** All that was ever granted: what is over is sent again, too. */
  const known: GrantedLease[] = [];
  const stored = new Map<string, string>();

  const complete = async (operations: LeaseOperations, count: number) => {
    const lot = Array.from({ length: count }, () => pick(known)).filter(
      (lease) => lease !== undefined,
    );
    const verdicts = await operations.completeShards(lot.map(resultOf));
    for (const { leaseId, verdict } of verdicts) {
      if (verdict !== "stored") continue;
      const { shardId } = lot.find((lease) => lease.leaseId === leaseId)!;
      expect(stored.get(shardId) ?? leaseId).toBe(leaseId);
      stored.set(shardId, leaseId);
    }
  };
  const steps: readonly ((replica: Replica) => Promise<unknown>)[] = [
    ({ operations }) => operations.feedShards(),
    async ({ operations, id }) => {
      const credits = nodes.map((nodeId) => ({ nodeId, leases: below(7) }));
      known.push(...(await operations.grantLeases(id, credits)));
    },
    async ({ operations }) => {
      const lease = pick(known);
      if (lease) await operations.acceptLeases(lease.nodeId, [lease.leaseId]);
    },
    async ({ operations }) => {
      const leases = [pick(known), pick(known)].filter((l) => l !== undefined);
      await operations.renewLeases(
        leases.map(({ nodeId, leaseId }) => ({
          nodeId,
          leases: [{ leaseId, done: random(), checkpointSha256: null }],
        })),
      );
    },
    ({ operations }) => complete(operations, below(6)),
    ({ operations }) => complete(operations, below(6)),
    async ({ operations }) => {
      const lease = pick(known);
      if (lease)
        await operations.failShards([
          {
            ...{ leaseId: lease.leaseId, nodeId: lease.nodeId },
            fault: below(10) === 0 ? "input" : "node",
            message: "no luck",
          },
        ]);
    },
    async ({ operations }) => {
      const lease = pick(known);
      if (lease)
        await operations.yieldShards([
          {
            ...{ leaseId: lease.leaseId, nodeId: lease.nodeId },
            checkpointSha256: null,
          },
        ]);
    },
    async ({ operations, id }) => {
      const lease = pick(known);
      if (lease)
        await operations.adoptLeases(id, lease.nodeId, [lease.leaseId]);
    },
    async ({ operations }) => {
      const lease = pick(known);
      if (lease)
        await test.pool.query(
          `UPDATE lease SET renewed_at = now() - interval '13 s' WHERE id = $1`,
          [lease.leaseId],
        );
      await operations.expireLeases();
    },
    ({ database, operations }) =>
      database.transaction((client) =>
        below(2)
          ? operations.pauseJob(client, jobs[0]!)
          : operations.resumeJob(client, jobs[0]!),
      ),
    () => skipBackoff(),
  ];

  for (let round = 0; round < 120; round++) {
    // At the same time, on both replicas; a job that has ended can be neither paused nor resumed.
    await Promise.all(
      Array.from({ length: 3 }, (_, i) =>
        steps[below(steps.length)]!(replicas[i % 2]!).catch(orEnded),
      ),
    );
    if (round === 80) {
      const [{ database, operations }] = replicas as [Replica];
      await database
        .transaction((client) => operations.cancelJob(client, jobs[2]!))
        .catch(orEnded);
    }
    if (round % 10 === 0) expect(await checkInvariants(test.pool)).toEqual([]);
  }

  const [{ database, operations, id }] = replicas as [Replica];
  await database
    .transaction((client) => operations.resumeJob(client, jobs[0]!))
    .catch(orEnded);
  // Leases that nobody answers for any more, then everything that is left.
  await test.pool.query(
    `UPDATE lease SET renewed_at = now() - interval '13 s' WHERE ended_at IS NULL`,
  );
  await operations.expireLeases();
  for (let left = await countOpen(); left > 0; left = await countOpen()) {
    await skipBackoff();
    await operations.feedShards();
    const granted = await operations.grantLeases(id, [
      { nodeId: nodes[0]!, leases: 50 },
    ]);
    expect(granted.length).toBeGreaterThan(0);
    const verdicts = await operations.completeShards(granted.map(resultOf));
    expect(verdicts.every(({ verdict }) => verdict === "stored")).toBe(true);
    for (const { shardId, leaseId } of granted) stored.set(shardId, leaseId);
  }
  expect(await checkInvariants(test.pool)).toEqual([]);
  const { rows: results } = await test.pool.query<{
    shard_id: string;
    lease_id: string;
  }>(`SELECT shard_id, lease_id FROM result`);
  expect(
    new Map(results.map(({ shard_id, lease_id }) => [shard_id, lease_id])),
  ).toEqual(stored);
  const { rows: seen } = await test.pool.query<{
    before: ShardStatus;
    after: ShardStatus;
  }>(`SELECT before, after FROM seen`);
  expect(seen.length).toBeGreaterThan(5);
  expect(seen.filter(({ before, after }) => !canFollow(before, after))).toEqual(
    [],
  );
});

it("statuses: what is held can end, what has ended stays so", () => {
  expect(shardStatuses.filter(isEnded)).toEqual([
    "SUCCEEDED",
    "DEAD",
    "CANCELLED",
  ]);
  expect(shardStatuses.filter(isHeld)).toEqual(["LEASED", "RUNNING"]);
  for (const held of shardStatuses.filter(isHeld))
    for (const after of shardStatuses.filter(isEnded))
      expect(canFollow(held, after)).toBe(true);
});

const resultOf = (lease: GrantedLease): SentResult => ({
  leaseId: lease.leaseId,
  shardId: lease.shardId,
  nodeId: lease.nodeId,
  retryCount: lease.retryCount,
  result: { kind: "noop" },
});

async function skipBackoff(): Promise<void> {
  await test.pool.query(
    `UPDATE pgboss.job SET start_after = now() WHERE state = 'retry' AND start_after > now()`,
  );
}

async function countOpen(): Promise<number> {
  const { rows } = await test.pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM shard WHERE status NOT IN ('SUCCEEDED', 'DEAD', 'CANCELLED')`,
  );
  return rows[0]!.count;
}

function orEnded(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "conflict"))
    throw error;
}

/** Numbers in [0, 1), the same for the same seed. */
function uniformFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
