/** What is true between any two transactions. For tests and for whoever suspects the bookkeeping. */
import type { Queryable } from "../database/database.ts";

const violations: readonly { readonly rule: string; readonly sql: string }[] = [
  {
    rule: "a shard has at most one open lease",
    sql: `SELECT shard_id::text AS what FROM lease WHERE ended_at IS NULL GROUP BY shard_id HAVING count(*) > 1`,
  },
  {
    rule: "a leased or running shard names an open lease of its own",
    sql: `SELECT shard.id::text AS what FROM shard LEFT JOIN lease
            ON lease.id = shard.lease_id AND lease.shard_id = shard.id AND lease.ended_at IS NULL
          WHERE shard.status IN ('LEASED', 'RUNNING') AND lease.id IS NULL`,
  },
  {
    rule: "an open lease is named by its shard, which is leased or running",
    sql: `SELECT lease.id::text AS what FROM lease JOIN shard ON shard.id = lease.shard_id
          WHERE lease.ended_at IS NULL AND (shard.lease_id IS DISTINCT FROM lease.id OR shard.status NOT IN ('LEASED', 'RUNNING'))`,
  },
  {
    rule: "a shard that is not leased or running names no lease",
    sql: `SELECT id::text AS what FROM shard WHERE status NOT IN ('LEASED', 'RUNNING') AND lease_id IS NOT NULL`,
  },
  {
    rule: "a shard has a result if and only if it succeeded",
    sql: `SELECT shard.id::text AS what FROM shard LEFT JOIN result ON result.shard_id = shard.id
          WHERE (shard.status = 'SUCCEEDED') <> (result.shard_id IS NOT NULL)`,
  },
  {
    rule: "a job's counts are those of its shards",
    sql: `SELECT job.id::text AS what FROM job, LATERAL (
            SELECT count(*) AS total, count(*) FILTER (WHERE status = 'SUCCEEDED') AS succeeded,
              count(*) FILTER (WHERE status = 'DEAD') AS dead, count(*) FILTER (WHERE status = 'CANCELLED') AS cancelled
            FROM shard WHERE shard.job_id = job.id) AS counted
          WHERE (shard_count, succeeded_count, dead_count, cancelled_count)
            IS DISTINCT FROM (counted.total, counted.succeeded, counted.dead, counted.cancelled)`,
  },
  {
    rule: "a job has ended if and only if all of its shards have",
    sql: `SELECT id::text AS what FROM job
          WHERE (status IN ('SUCCEEDED', 'FAILED', 'CANCELLED')) <> (succeeded_count + dead_count + cancelled_count = shard_count)`,
  },
  {
    rule: "what the queue has as active is leased",
    sql: `SELECT job.id::text AS what FROM pgboss.job LEFT JOIN lease ON lease.queue_id = job.id AND lease.ended_at IS NULL
          WHERE job.name = 'shards' AND job.state = 'active' AND lease.id IS NULL`,
  },
  {
    rule: "a queued or retried shard waits in the queue",
    sql: `SELECT shard.id::text AS what FROM shard LEFT JOIN pgboss.job
            ON job.id = shard.queue_id AND job.name = 'shards' AND job.state IN ('created', 'retry')
          WHERE shard.status IN ('QUEUED', 'RETRY') AND job.id IS NULL`,
  },
  {
    rule: "only running jobs have shards that wait in the queue",
    sql: `SELECT shard.id::text AS what FROM shard JOIN job ON job.id = shard.job_id
          WHERE shard.status IN ('QUEUED', 'RETRY') AND job.status <> 'RUNNING'`,
  },
];

/** @returns a sentence for each violation; none where all is well */
export async function checkInvariants(
  client: Queryable,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { rule, sql } of violations) {
    const { rows } = await client.query<{ what: string }>(`${sql} LIMIT 10`);
    for (const { what } of rows) found.push(`not so for ${what}: ${rule}`);
  }
  return found;
}
