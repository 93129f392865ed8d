/** All nodes that ever connected, those that are there first, with what they do. */
import type { Database } from "../database/database.ts";
import { readNodeWork, type NodeWork } from "./node-work.ts";

export interface ListedNode extends NodeWork {
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
  /** Null where it does not say. */
  readonly memoryBytes: number | null;
  /** Null while it is offline, too. */
  readonly memoryUsedBytes: number | null;
  /** A person wants it to take no work. */
  readonly isDrained: boolean;
  readonly isRevoked: boolean;
  readonly connectedAt: string | null;
  readonly lastSeenAt: string | null;
}

interface NodeRow extends Omit<
  ListedNode,
  "connectedAt" | "lastSeenAt" | keyof NodeWork
> {
  readonly connectedAt: Date | null;
  readonly lastSeenAt: Date | null;
}

const most = 1_000;

export async function listNodes(
  database: Database,
): Promise<readonly ListedNode[]> {
  const { rows } = await database.pool.query<NodeRow>(
    `SELECT "id", "name", "status", "slots", "backend", "provider", "threads", "version", "address",
       "memory_bytes"::float8 AS "memoryBytes",
       CASE WHEN "status" <> 'OFFLINE' THEN "memory_used_bytes"::float8 END AS "memoryUsedBytes",
       "drained_at" IS NOT NULL AS "isDrained", "revoked_at" IS NOT NULL AS "isRevoked", "connected_at" AS "connectedAt", "last_seen_at" AS "lastSeenAt",
       (SELECT count(*)::int FROM "lease" WHERE "node_id" = "gpu_node"."id" AND "ended_at" IS NULL) AS "running"
     FROM "gpu_node" ORDER BY "status" = 'OFFLINE', "name", "id" LIMIT $1`,
    [most],
  );
  const workOf = await readNodeWork(
    database.pool,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => ({
    ...row,
    ...workOf(row.id),
    connectedAt: row.connectedAt?.toISOString() ?? null,
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
  }));
}
