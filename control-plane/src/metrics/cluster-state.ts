/** What the cluster is doing, counted for a scrape: without reading all shards, of which there may be millions. */
import type { Queryable } from "../database/database.ts";

export interface ClusterState {
  readonly shards: Readonly<Record<string, number>>;
  readonly openLeases: number;
  readonly nodes: Readonly<Record<string, number>>;
  /** Of the nodes that are online. */
  readonly slots: number;
}

/** One statement: a job's row counts its ended shards, an index holds those in flight, and the rest is pending. */
export async function readClusterState(
  database: Queryable,
): Promise<ClusterState> {
  const { rows } = await database.query<{
    ended: Record<string, number>;
    total: number;
    flying: Record<string, number> | null;
    leases: number;
    nodes: Record<string, number> | null;
    slots: number;
  }>(`
    SELECT
      (SELECT jsonb_build_object('SUCCEEDED', coalesce(sum(succeeded_count), 0),
         'DEAD', coalesce(sum(dead_count), 0), 'CANCELLED', coalesce(sum(cancelled_count), 0)) FROM job) AS ended,
      (SELECT coalesce(sum(shard_count), 0)::float8 FROM job) AS total,
      (SELECT jsonb_object_agg(status, n) FROM (SELECT status, count(*) AS n FROM shard
         WHERE status IN ('QUEUED', 'LEASED', 'RUNNING', 'RETRY') GROUP BY status) AS flight) AS flying,
      (SELECT count(*)::float8 FROM lease WHERE ended_at IS NULL) AS leases,
      (SELECT jsonb_object_agg(status, n) FROM (SELECT status, count(*) AS n FROM gpu_node GROUP BY status) AS node) AS nodes,
      (SELECT coalesce(sum(slots), 0)::float8 FROM gpu_node WHERE status = 'ONLINE') AS slots`);
  const [row] = rows;
  if (!row) throw new Error("a SELECT without FROM gave no row");
  const shards: Record<string, number> = {
    ...{ QUEUED: 0, LEASED: 0, RUNNING: 0, RETRY: 0 },
    ...row.ended,
    ...row.flying,
  };
  const others = Object.values(shards).reduce((sum, n) => sum + n, 0);
  return {
    shards: { PENDING: Math.max(0, row.total - others), ...shards },
    openLeases: row.leases,
    nodes: { ONLINE: 0, DRAINING: 0, OFFLINE: 0, ...row.nodes },
    slots: row.slots,
  };
}
