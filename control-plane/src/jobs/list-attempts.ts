/** Every lease that a shard was given under, oldest first. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import { requireJob } from "./read-jobs.ts";

export interface AttemptView {
  readonly leaseId: string;
  readonly nodeId: string;
  /** Null for a node that nobody knows any more. */
  readonly nodeName: string | null;
  readonly replicaId: string;
  readonly retryCount: number;
  readonly grantedAt: string;
  readonly acceptedAt: string | null;
  readonly renewedAt: string;
  readonly endedAt: string | null;
  /** Null while the lease is open. */
  readonly outcome: string | null;
}

interface Row {
  readonly id: string;
  readonly node_id: string;
  readonly node_name: string | null;
  readonly replica_id: string;
  readonly retry_count: number;
  readonly granted_at: Date;
  readonly accepted_at: Date | null;
  readonly renewed_at: Date;
  readonly ended_at: Date | null;
  readonly outcome: string | null;
}

/** Shards yield and are tried a few times; more than this says nothing new. */
const mostAttempts = 200;

/**
 * @param index of the shard, as the address has it
 * @returns the newest 200 at most
 * @throws ControlPlaneError "not-found" where there is no such job or shard
 */
export async function listAttempts(
  client: Queryable,
  jobId: string,
  index: string,
): Promise<readonly AttemptView[]> {
  await requireJob(client, jobId);
  const shard = await findShard(client, jobId, index);
  if (!shard)
    throw new ControlPlaneError(
      "not-found",
      `The job ${jobId} has no shard ${index}. GET /api/jobs/${jobId}/shards shows those it has.`,
    );
  const { rows } = await client.query<Row>(
    `SELECT lease.*, gpu_node.name AS node_name
     FROM lease LEFT JOIN gpu_node ON gpu_node.id = lease.node_id
     WHERE shard_id = $1
     ORDER BY granted_at DESC, lease.id
     LIMIT ${mostAttempts}`,
    [shard.id],
  );
  return rows.reverse().map((row) => ({
    leaseId: row.id,
    nodeId: row.node_id,
    nodeName: row.node_name,
    replicaId: row.replica_id,
    retryCount: row.retry_count,
    grantedAt: row.granted_at.toISOString(),
    acceptedAt: row.accepted_at?.toISOString() ?? null,
    renewedAt: row.renewed_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    outcome: row.outcome,
  }));
}

async function findShard(
  client: Queryable,
  jobId: string,
  index: string,
): Promise<{ readonly id: string } | undefined> {
  if (!/^\d{1,9}$/.test(index)) return undefined;
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM shard WHERE job_id = $1 AND "index" = $2`,
    [jobId, Number(index)],
  );
  return rows[0];
}
