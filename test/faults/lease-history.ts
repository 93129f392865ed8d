/** What the database says happened to leases: who held what when, by the database's time. */
import type { Cluster } from "../harness/cluster.ts";

/** Leases that a node has accepted and not ended: what runs there. */
export async function leasesRunningOn(
  cluster: Cluster,
  node: string,
): Promise<string[]> {
  const rows = await cluster.query<{ id: string }>(
    `SELECT lease.id FROM lease JOIN gpu_node ON gpu_node.id = lease.node_id
     WHERE gpu_node.name = $1 AND lease.ended_at IS NULL AND lease.accepted_at IS NOT NULL`,
    [node],
  );
  return rows.map(({ id }) => id);
}

export interface Takeover {
  readonly leaseId: string;
  readonly outcome: string | null;
  /**
   * Seconds from `since` until another lease of the same shard was accepted, or ended with its result: of a short shard nobody notes
   * that it was accepted. Null while there is neither.
   */
  readonly seconds: number | null;
}

/** What became of leases that a fault hit at `since`. */
export async function takeoversOf(
  cluster: Cluster,
  leaseIds: readonly string[],
  since: Date,
): Promise<Takeover[]> {
  const rows = await cluster.query<{
    id: string;
    outcome: string | null;
    seconds: string | null;
  }>(
    `SELECT lost.id, lost.outcome, extract(epoch FROM min(next.ran_at) - $2) AS seconds
     FROM lease lost LEFT JOIN (
       SELECT *, coalesce(accepted_at, CASE WHEN outcome = 'SUCCEEDED' THEN ended_at END) AS ran_at FROM lease
     ) AS next ON next.shard_id = lost.shard_id AND next.id <> lost.id AND next.ran_at > $2
     WHERE lost.id = ANY($1) GROUP BY lost.id`,
    [leaseIds, since],
  );
  return rows.map(({ id, outcome, seconds }) => ({
    leaseId: id,
    outcome,
    seconds: seconds === null ? null : Number(seconds),
  }));
}

/** Whether a lease that was hit needs nobody any more: its shard runs elsewhere, or its result had arrived before. */
export const isSettled = ({ outcome, seconds }: Takeover): boolean =>
  seconds !== null || outcome === "SUCCEEDED";
