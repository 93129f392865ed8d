/**
 * Keeps a bounded window of shards in the queue. pg-boss slows down with very many rows, and what is in the queue can no longer be
 * overtaken; so the queue holds little more than the nodes can take, and the shards' own table holds the rest.
 */
import type { PgBoss } from "pg-boss";
import type { Database, Queryable } from "../database/database.ts";
import { shardQueue } from "../database/queue.ts";
import { shareWindow, type JobLoad, type JobShare } from "./fair-share.ts";
import { onConnection } from "./queue-on-connection.ts";

/** One feeder at a time, whichever replica it is in. */
const feederLock = 7_002;
const smallestWindow = 16;
const largestWindow = 5_000;

/** @returns how many shards went from PENDING to QUEUED */
export function feedShards(database: Database, queue: PgBoss): Promise<number> {
  return database.transaction(async (client) => {
    const window = await readWindow(client);
    if (window === 0) return 0;
    const loads = await readLoads(client);
    const room = window - loads.reduce((sum, { queued }) => sum + queued, 0);
    const shares = shareWindow(loads, room);
    if (shares.length === 0) return 0;
    const fed = await moveToQueued(client, shares);
    await queue.insert(shardQueue, fed, onConnection(client));
    await writeTags(client, shares);
    await client.query(`SELECT pg_notify('motif_shards_ready', '')`);
    return fed.length;
  });
}

/** Shards that the queue is to hold; 0 where another feeder is at it. */
async function readWindow(client: Queryable): Promise<number> {
  const { rows } = await client.query<{ isMine: boolean; slots: number }>(
    `SELECT pg_try_advisory_xact_lock($1) AS "isMine",
       (SELECT COALESCE(sum(slots), 0)::int FROM gpu_node WHERE status = 'ONLINE') AS slots`,
    [feederLock],
  );
  const { isMine, slots } = rows[0]!;
  return isMine
    ? Math.min(largestWindow, Math.max(smallestWindow, 2 * slots))
    : 0;
}

/**
 * Locks the jobs against being paused or cancelled until the shards are queued. What waits is what is neither in flight nor ended: there are
 * few of the former, and of the latter the job has counts. Where results are written at this moment, it may seem fewer until the next time.
 */
async function readLoads(client: Queryable): Promise<readonly JobLoad[]> {
  const { rows } = await client.query<JobLoad>(
    `SELECT job.id AS "jobId", job.weight,
       (SELECT tag FROM job_share WHERE job_share.job_id = job.id) AS tag,
       in_flight.queued,
       GREATEST(0, shard_count - succeeded_count - dead_count - cancelled_count - in_flight.count) AS pending
     FROM job, LATERAL (
       SELECT count(*)::int AS count, (count(*) FILTER (WHERE shard.status = 'QUEUED'))::int AS queued FROM shard
       WHERE shard.job_id = job.id AND shard.status IN ('QUEUED', 'LEASED', 'RUNNING', 'RETRY')) AS in_flight
     WHERE job.status = 'RUNNING'
     ORDER BY job.created_at, job.id
     FOR KEY SHARE OF job`,
  );
  return rows;
}

async function writeTags(
  client: Queryable,
  shares: readonly JobShare[],
): Promise<void> {
  await client.query(
    `INSERT INTO job_share (job_id, tag) SELECT * FROM unnest($1::uuid[], $2::float8[])
     ON CONFLICT (job_id) DO UPDATE SET tag = EXCLUDED.tag`,
    [shares.map(({ jobId }) => jobId), shares.map(({ tag }) => tag)],
  );
}

interface QueuedShard {
  readonly id: string;
  readonly data: { readonly shardId: string };
  readonly priority: number;
}

/** An array of ids makes the planner look them up; joined, it would read the whole table. */
async function moveToQueued(
  client: Queryable,
  shares: readonly JobShare[],
): Promise<QueuedShard[]> {
  const { rows } = await client.query<{
    shardId: string;
    jobId: string;
    queueId: string;
  }>(
    `WITH chosen AS (
       SELECT waiting.id FROM unnest($1::uuid[], $2::int[]) AS share (job_id, count), LATERAL (
         SELECT shard.id FROM shard WHERE shard.job_id = share.job_id AND shard.status = 'PENDING'
         ORDER BY shard."index" LIMIT share.count) AS waiting
     ), queued AS (
       UPDATE shard SET status = 'QUEUED', queue_id = gen_random_uuid(), retry_count = 0, updated_at = now()
       WHERE shard.id = ANY(ARRAY(SELECT id FROM chosen))
       RETURNING shard.id, shard.job_id, shard."index", shard.queue_id)
     SELECT id AS "shardId", job_id AS "jobId", queue_id AS "queueId" FROM queued ORDER BY "index"`,
    [
      shares.map(({ jobId }) => jobId),
      shares.map(({ priorities }) => priorities.length),
    ],
  );
  const next = new Map(
    shares.map(({ jobId, priorities }) => [jobId, priorities.values()]),
  );
  return rows.map(({ shardId, jobId, queueId }) => ({
    id: queueId,
    data: { shardId },
    priority: next.get(jobId)?.next().value ?? 0,
  }));
}
