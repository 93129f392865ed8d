/** Every time a shard was given to a node, and what came of it. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import type { LeaseOutcome } from "../shards/lease-outcome.ts";
import { requireJob } from "./read-jobs.ts";

export interface AttemptView {
  readonly leaseId: string;
  readonly nodeId: string;
  /** Null where the node is no longer known. */
  readonly nodeName: string | null;
  /** By way of which the node had it last. */
  readonly replicaId: string;
  /** Attempts that failed before this one. */
  readonly retryCount: number;
  readonly grantedAt: string;
  readonly acceptedAt: string | null;
  /** The last sign of life. */
  readonly renewedAt: string;
  readonly endedAt: string | null;
  /** Null while it is open. */
  readonly outcome: LeaseOutcome | null;
}

interface Row extends Omit<
  AttemptView,
  "grantedAt" | "acceptedAt" | "renewedAt" | "endedAt"
> {
  readonly grantedAt: Date;
  readonly acceptedAt: Date | null;
  readonly renewedAt: Date;
  readonly endedAt: Date | null;
}

/** Retries are few; a shard may be given back any number of times. */
const most = 1_000;

/**
 * @param index as it stands in the address
 * @returns oldest first
 * @throws ControlPlaneError "not-found" where there is no such job, or no such shard of it
 */
export async function listAttempts(
  client: Queryable,
  jobId: string,
  index: string,
): Promise<readonly AttemptView[]> {
  await requireJob(client, jobId);
  const shardId = await findShard(client, jobId, index);
  const { rows } = await client.query<Row>(
    `SELECT lease.id AS "leaseId", lease.node_id AS "nodeId", gpu_node.name AS "nodeName", lease.replica_id AS "replicaId",
            lease.retry_count AS "retryCount", lease.granted_at AS "grantedAt", lease.accepted_at AS "acceptedAt",
            lease.renewed_at AS "renewedAt", lease.ended_at AS "endedAt", lease.outcome
     FROM lease LEFT JOIN gpu_node ON gpu_node.id = lease.node_id
     WHERE lease.shard_id = $1
     ORDER BY lease.granted_at DESC, lease.id DESC
     LIMIT $2`,
    [shardId, most],
  );
  return rows.reverse().map((row) => ({
    ...row,
    grantedAt: row.grantedAt.toISOString(),
    acceptedAt: row.acceptedAt?.toISOString() ?? null,
    renewedAt: row.renewedAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
  }));
}

async function findShard(
  client: Queryable,
  jobId: string,
  index: string,
): Promise<string> {
  if (/^\d{1,9}$/.test(index)) {
    const { rows } = await client.query<{ id: string }>(
      `SELECT id FROM shard WHERE job_id = $1 AND "index" = $2`,
      [jobId, Number(index)],
    );
    if (rows[0]) return rows[0].id;
  }
  throw new ControlPlaneError(
    "not-found",
    `Job ${jobId} has no shard ${index}. GET /api/jobs/${jobId}/shards shows those it has.`,
  );
}
