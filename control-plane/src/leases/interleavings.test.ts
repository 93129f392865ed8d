/**
 * Many operations at once, in an order that chance picks: two replicas, nodes that answer, fail, yield, fall silent or answer twice,
 * people who cancel, pause, resume, redrive and weigh anew. Whatever happens, the bookkeeping stays true, and in the end every shard is done once.
 */
import { randomUUID } from "node:crypto";
import pg from "pg";
import type { PgBoss } from "pg-boss";
import { expect, it } from "vitest";
import { newTestDatabase } from "../../../test/harness/postgres.ts";
import { newDatabase } from "../database/database.ts";
import { startQueue, stopQueue } from "../database/queue.ts";
import { canFollow, shardStatuses } from "../shards/shard-status.ts";
import { checkInvariants } from "./check-invariants.ts";
import type { GrantedLease, LeaseOperations } from "./lease-operations.ts";
import { newLeaseOperations } from "./new-lease-operations.ts";

/** Mulberry32: small, seeded, good enough to pick. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const shardsOfJob = 60;
const rounds = 60;
const together = 6;

it.each([1, 2, 3])(
  "keeps the bookkeeping true, and ends (seed %i)",
  { timeout: 120_000 },
  async (seed) => {
    const test = await newTestDatabase();
    const pools = [1, 2].map(
      () => new pg.Pool({ connectionString: test.url, max: 8 }),
    );
    const queues: PgBoss[] = [];
    try {
      for (const pool of pools)
        queues.push(
          await startQueue(pool, (message) => {
            throw new Error(message);
          }),
        );
      await refuseOtherTransitions(test.pool);
      const replicas = pools.map((pool, i) =>
        newLeaseOperations(newDatabase(pool), queues[i]!),
      );
      await play(test.pool, pools, replicas, randomFrom(seed));
    } finally {
      await Promise.all(queues.map((queue) => stopQueue(queue)));
      await Promise.all(pools.map((pool) => pool.end()));
      await test.close();
    }
  },
);

async function play(
  pool: pg.Pool,
  pools: readonly pg.Pool[],
  replicas: readonly LeaseOperations[],
  random: () => number,
): Promise<void> {
  const pick = <T>(values: readonly T[]): T =>
    values[Math.floor(random() * values.length)]!;
  const nodes = [1, 2, 3].map(() => randomUUID());
  const jobs = [await submit(pool), await submit(pool), await submit(pool)];
  const granted: GrantedLease[] = [];
  const acts: (() => Promise<unknown>)[] = [
    () => pick(replicas).feedShards(),
    grant,
    grant,
    () => {
      const nodeId = pick(nodes);
      const own = some(nodeId).map(({ leaseId }) => leaseId);
      return pick(replicas).acceptLeases(nodeId, own);
    },
    () => {
      const nodeId = pick(nodes);
      const leases = some(nodeId).map(({ leaseId }) => ({
        leaseId,
        done: random(),
        checkpointSha256: null,
      }));
      return pick(replicas).renewLeases([{ nodeId, leases }]);
    },
    complete,
    complete,
    () =>
      pick(replicas).yieldShards(
        some().map(({ leaseId, nodeId }) => ({
          leaseId,
          nodeId,
          checkpointSha256: null,
        })),
      ),
    () => fail("node"),
    () => fail("input"),
    async () => {
      // It locks leases without their shards, as nobody else does, and may have to try again.
      await newDatabase(pool).transaction((client) =>
        client.query(
          `UPDATE lease SET renewed_at = now() - interval '1 min'
           WHERE id IN (SELECT id FROM lease WHERE ended_at IS NULL ORDER BY id LIMIT 3)`,
        ),
      );
      await Promise.all(replicas.map((replica) => replica.expireLeases()));
    },
    () => stop("pauseJob"),
    () => stop("resumeJob"),
    () => stop("redriveJob"),
    () =>
      newDatabase(pool).transaction((client) =>
        pick(replicas).reweighJob(
          client,
          pick(jobs),
          1 + Math.floor(9 * random()),
        ),
      ),
    () =>
      pool.query(
        `UPDATE pgboss.job SET start_after = now() WHERE state = 'retry'`,
      ),
  ];

  for (let round = 0; round < rounds; round++) {
    await Promise.all(Array.from({ length: together }, () => pick(acts)()));
    if (round === 40) await stop("cancelJob", jobs[0]);
    expect(await checkInvariants(pool)).toEqual([]);
  }

  for (const jobId of jobs) await stop("resumeJob", jobId);
  for (let left = 1, turns = 0; left > 0; turns++) {
    expect(turns).toBeLessThan(200);
    await pool.query(
      `UPDATE pgboss.job SET start_after = now() WHERE state = 'retry'`,
    );
    await pool.query(
      `UPDATE lease SET renewed_at = now() - interval '1 min' WHERE ended_at IS NULL`,
    );
    await replicas[0]!.expireLeases();
    await replicas[1]!.feedShards();
    const leases = await replicas[0]!.grantLeases(randomUUID(), [
      { nodeId: nodes[0]!, leases: 100 },
    ]);
    await replicas[1]!.completeShards(leases.map(resultOf));
    const { rows } = await pool.query<{ left: number }>(
      `SELECT count(*)::int AS left FROM job WHERE status IN ('RUNNING', 'PAUSED')`,
    );
    left = rows[0]!.left;
  }
  expect(await checkInvariants(pool)).toEqual([]);
  const { rows } = await pool.query<{ ended: number }>(
    `SELECT count(*)::int AS ended FROM shard WHERE status IN ('SUCCEEDED', 'DEAD', 'CANCELLED')`,
  );
  expect(rows[0]!.ended).toBe(jobs.length * shardsOfJob);

  function some(nodeId?: string): GrantedLease[] {
    const own = granted.filter(
      (lease) => nodeId === undefined || lease.nodeId === nodeId,
    );
    return Array.from({ length: Math.min(own.length, 8) }, () => pick(own));
  }

  async function grant(): Promise<void> {
    granted.push(
      ...(await pick(replicas).grantLeases(
        randomUUID(),
        nodes.map((nodeId) => ({ nodeId, leases: 2 })),
      )),
    );
  }

  function fail(fault: "node" | "input"): Promise<void> {
    return pick(replicas).failShards(
      some()
        .slice(0, 1)
        .map(({ leaseId, nodeId }) => ({
          ...{ leaseId, nodeId, fault },
          message: "chance",
        })),
    );
  }

  function complete(): Promise<unknown> {
    return pick(replicas).completeShards(some().map(resultOf));
  }

  async function stop(
    what: "cancelJob" | "pauseJob" | "resumeJob" | "redriveJob",
    jobId: string = pick(jobs),
  ): Promise<void> {
    const index = random() < 0.5 ? 0 : 1;
    await newDatabase(pools[index]!)
      .transaction(async (client) => {
        await replicas[index]![what](client, jobId);
      })
      .catch((error: unknown) => {
        // A job that has ended cannot be stopped; that is an answer, too.
        if ((error as { code?: string }).code !== "conflict") throw error;
      });
  }
}

async function submit(pool: pg.Pool): Promise<string> {
  const jobId = randomUUID();
  await pool.query(
    `INSERT INTO job (id, kind, name, parameters, shard_count, created_by) VALUES ($1, 'noop', 'chance', '{}', $2, 'test')`,
    [jobId, shardsOfJob],
  );
  await pool.query(
    `INSERT INTO shard (id, job_id, "index", spec)
     SELECT gen_random_uuid(), $1, place, '{"kind":"noop","waitMs":0}' FROM generate_series(0, $2 - 1) AS place`,
    [jobId, shardsOfJob],
  );
  return jobId;
}

const resultOf = (lease: GrantedLease) => ({
  leaseId: lease.leaseId,
  shardId: lease.shardId,
  nodeId: lease.nodeId,
  retryCount: lease.retryCount,
  result: { kind: "noop" } as const,
});

/** Lets a shard go from one status to another only where shards/shard-status.ts says that it may. */
async function refuseOtherTransitions(pool: pg.Pool): Promise<void> {
  const allowed = shardStatuses.flatMap((from) =>
    shardStatuses
      .filter((to) => from === to || canFollow(from, to))
      .map((to) => `'${from} ${to}'`),
  );
  await pool.query(
    `CREATE FUNCTION check_transition() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF OLD.status || ' ' || NEW.status NOT IN (${allowed.join(", ")}) THEN
         RAISE EXCEPTION 'a shard went from % to %', OLD.status, NEW.status;
       END IF;
       RETURN NEW;
     END $$;
     CREATE TRIGGER check_transition BEFORE UPDATE ON shard FOR EACH ROW EXECUTE FUNCTION check_transition()`,
  );
}
