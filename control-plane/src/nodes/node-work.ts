/** What nodes are at, and how much they have done lately. */
import type { Queryable } from "../database/database.ts";

export interface NodeWork {
  /** Over the last five minutes. */
  readonly shardsPerMinute: number;
  /** What it is at, oldest first; of more than `mostLeases`, the first. */
  readonly leases: readonly {
    readonly jobId: string;
    readonly jobName: string;
    readonly shardIndex: number;
    /** 0…1. */
    readonly done: number;
    readonly grantedAt: string;
  }[];
}

const minutes = 5;
const mostLeases = 100;

/** Two statements for all nodes together. */
export async function readNodeWork(
  client: Queryable,
  nodeIds: readonly string[],
): Promise<(nodeId: string) => NodeWork> {
  const { rows: leases } = await client.query<{
    nodeId: string;
    jobId: string;
    jobName: string;
    shardIndex: number;
    done: number;
    grantedAt: Date;
  }>(
    `SELECT node.id AS "nodeId", job.id AS "jobId", job.name AS "jobName", shard."index" AS "shardIndex", shard.done,
            held.granted_at AS "grantedAt"
     FROM unnest($1::uuid[]) AS node (id), LATERAL (
       SELECT shard_id, granted_at FROM lease WHERE lease.node_id = node.id AND lease.ended_at IS NULL
       ORDER BY granted_at, lease.id LIMIT $2) AS held
     JOIN shard ON shard.id = held.shard_id
     JOIN job ON job.id = shard.job_id
     ORDER BY held.granted_at, shard.id`,
    [nodeIds, mostLeases],
  );
  const { rows: done } = await client.query<{ nodeId: string; shards: number }>(
    `SELECT node_id AS "nodeId", count(*)::int AS shards FROM result
     WHERE created_at > now() - $1 * interval '1 min' GROUP BY node_id`,
    [minutes],
  );
  const shardsOf = new Map(done.map(({ nodeId, shards }) => [nodeId, shards]));
  const leasesOf = Map.groupBy(leases, ({ nodeId }) => nodeId);
  return (nodeId) => ({
    shardsPerMinute: (shardsOf.get(nodeId) ?? 0) / minutes,
    leases: (leasesOf.get(nodeId) ?? []).map(
      ({ nodeId: _nodeId, grantedAt, ...lease }) => ({
        ...lease,
        grantedAt: grantedAt.toISOString(),
      }),
    ),
  });
}
