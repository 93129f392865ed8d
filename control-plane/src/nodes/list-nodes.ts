/** All nodes that ever connected, those that are there first. */
import type { Database } from "../database/database.ts";

export interface ListedNode {
  readonly id: string;
  readonly name: string;
  readonly status: "ONLINE" | "DRAINING" | "OFFLINE";
  readonly slots: number;
  /** Leases that it holds now. */
  readonly running: number;
  readonly backend: string | null;
  readonly provider: string | null;
  readonly threads: number | null;
  readonly version: string | null;
  readonly address: string | null;
  readonly isRevoked: boolean;
  readonly connectedAt: string | null;
  readonly lastSeenAt: string | null;
}

interface NodeRow extends Omit<ListedNode, "connectedAt" | "lastSeenAt"> {
  readonly connectedAt: Date | null;
  readonly lastSeenAt: Date | null;
}

const most = 1_000;

export async function listNodes(
  database: Database,
): Promise<readonly ListedNode[]> {
  const { rows } = await database.pool.query<NodeRow>(
    `SELECT "id", "name", "status", "slots", "backend", "provider", "threads", "version", "address",
       "revoked_at" IS NOT NULL AS "isRevoked", "connected_at" AS "connectedAt", "last_seen_at" AS "lastSeenAt",
       (SELECT count(*)::int FROM "lease" WHERE "node_id" = "gpu_node"."id" AND "ended_at" IS NULL) AS "running"
     FROM "gpu_node" ORDER BY "status" = 'OFFLINE', "name", "id" LIMIT $1`,
    [most],
  );
  return rows.map((row) => ({
    ...row,
    connectedAt: row.connectedAt?.toISOString() ?? null,
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
  }));
}
