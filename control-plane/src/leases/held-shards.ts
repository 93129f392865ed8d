/**
 * The fence. A shard's row names the one lease that may change it; whoever ends a lease takes its name out of the row. Locking the row
 * and finding the name there is therefore proof that the lease still counts.
 *
 * Everybody locks in the same order, jobs, shards, leases, each by id, so that transactions wait for but never block each other.
 */
import type { Queryable } from "../database/database.ts";
import type { LeaseOutcome } from "../shards/lease-outcome.ts";

export interface HeldShard {
  readonly leaseId: string;
  readonly nodeId: string;
  readonly shardId: string;
  readonly jobId: string;
  readonly queueId: string;
  readonly retryCount: number;
  readonly isAccepted: boolean;
}

/**
 * Locks the shards whose rows name these leases. Does not ask whether they are open, as that is what being named means, and would lead the
 * planner to read the index of open leases with all its leftovers.
 * @returns them by lease; leases that are gone are not among them
 */
export async function lockHeldShards(
  client: Queryable,
  leaseIds: readonly string[],
): Promise<ReadonlyMap<string, HeldShard>> {
  const { rows } = await client.query<HeldShard>(
    `SELECT lease.id AS "leaseId", lease.node_id AS "nodeId", shard.id AS "shardId", shard.job_id AS "jobId",
            lease.queue_id AS "queueId", lease.retry_count AS "retryCount", lease.accepted_at IS NOT NULL AS "isAccepted"
     FROM lease JOIN shard ON shard.id = lease.shard_id AND shard.lease_id = lease.id
     WHERE lease.id = ANY($1::uuid[])
     ORDER BY shard.id
     FOR UPDATE OF shard`,
    [leaseIds],
  );
  return new Map(rows.map((row) => [row.leaseId, row]));
}

/** Locks the jobs of these shards, for transactions that change a job's counts. */
export async function lockJobsOf(
  client: Queryable,
  shardIds: readonly string[],
): Promise<void> {
  await client.query(
    `SELECT 1 FROM job WHERE id IN (SELECT job_id FROM shard WHERE id = ANY($1::uuid[])) ORDER BY id FOR NO KEY UPDATE`,
    [shardIds],
  );
}

/** The same, for who knows only the leases. */
export async function lockJobsOfLeases(
  client: Queryable,
  leaseIds: readonly string[],
): Promise<void> {
  await client.query(
    `SELECT 1 FROM job WHERE id IN (SELECT job_id FROM lease WHERE id = ANY($1::uuid[])) ORDER BY id FOR NO KEY UPDATE`,
    [leaseIds],
  );
}

/** With their shards locked, and the leases found there. */
export async function endLeases(
  client: Queryable,
  leaseIds: readonly string[],
  outcome: LeaseOutcome,
): Promise<void> {
  if (leaseIds.length === 0) return;
  await client.query(
    `UPDATE lease SET ended_at = now(), outcome = $2 WHERE id = ANY($1::uuid[])`,
    [leaseIds, outcome],
  );
}
