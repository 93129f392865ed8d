/** The shards of a job, in order, with the node that each is on. */
import type { Queryable } from "../database/database.ts";
import type { SearchIdentity, ShardSpec } from "../shards/shard-spec.ts";
import type { ShardStatus } from "../shards/shard-status.ts";
import { requireJob } from "./read-jobs.ts";

export interface ShardView {
  readonly id: string;
  readonly index: number;
  readonly kind: ShardSpec["kind"];
  readonly status: ShardStatus;
  /** Attempts that failed before the present one. */
  readonly retryCount: number;
  /** 0…1. */
  readonly done: number;
  /** What the last failure said. */
  readonly problem: string | null;
  /** Where it is leased. */
  readonly nodeId: string | null;
  readonly nodeName: string | null;
  /** How often it was given to a node. */
  readonly attempts: number;
  readonly hasCheckpoint: boolean;
  /** Of a search. */
  readonly searches: readonly SearchIdentity[] | null;
  readonly updatedAt: string;
}

interface Row {
  readonly id: string;
  readonly index: number;
  readonly kind: ShardSpec["kind"];
  readonly status: ShardStatus;
  readonly retry_count: number;
  readonly done: number;
  readonly problem: string | null;
  readonly node_id: string | null;
  readonly node_name: string | null;
  readonly attempts: number;
  readonly has_checkpoint: boolean;
  readonly searches: readonly SearchIdentity[] | null;
  readonly updated_at: Date;
}

/**
 * @param page shards with an index above `after`, at most `limit`
 * @throws ControlPlaneError "not-found" where there is no such job
 */
export async function listShards(
  client: Queryable,
  jobId: string,
  page: {
    readonly status?: ShardStatus | undefined;
    readonly after?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly ShardView[]> {
  await requireJob(client, jobId);
  const { rows } = await client.query<Row>(
    `SELECT shard.id, shard."index", shard.spec->>'kind' AS kind, shard.status, shard.retry_count, shard.done, shard.problem, lease.node_id, gpu_node.name AS node_name,
            (SELECT count(*)::int FROM lease AS attempt WHERE attempt.shard_id = shard.id) AS attempts,
            shard.checkpoint_sha256 IS NOT NULL AS has_checkpoint, shard.spec -> 'searches' AS searches, shard.updated_at
     FROM shard
     LEFT JOIN lease ON lease.id = shard.lease_id
     LEFT JOIN gpu_node ON gpu_node.id = lease.node_id
     WHERE shard.job_id = $1 AND shard."index" > $2 AND ($3::text IS NULL OR shard.status = $3)
     ORDER BY shard."index"
     LIMIT $4`,
    [jobId, page.after ?? -1, page.status ?? null, page.limit],
  );
  return rows.map((row) => ({
    id: row.id,
    index: row.index,
    kind: row.kind,
    status: row.status,
    retryCount: row.retry_count,
    done: row.done,
    problem: row.problem,
    nodeId: row.node_id,
    nodeName: row.node_name,
    attempts: row.attempts,
    hasCheckpoint: row.has_checkpoint,
    searches: row.searches,
    updatedAt: row.updated_at.toISOString(),
  }));
}
