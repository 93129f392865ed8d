/**
 * Which compute nodes there are, and where they are connected. A node's row belongs to the process (instance) and the replica
 * that connected it last: whoever lost it changes nothing any more. Times are the database's.
 *
 * OFFLINE → ONLINE (connect) → DRAINING (the node says so, or a person does) → OFFLINE (disconnect, or silent for too long).
 * What a person has said (drain-node.ts) holds for connections to come.
 */
import type { PoolClient } from "pg";
import type { Database } from "../database/database.ts";
import { appendEvents } from "../progress/append-events.ts";

export const nodeTiming = {
  /** A process that was heard of within this keeps its id from another one; what a lease outlives a heartbeat by. */
  holdsIdForMs: 12_000,
  /** A node that was not heard of for this long is offline, whatever became of its replica. */
  offlineAfterMs: 30_000,
} as const;

/** One process of a node, on one replica. */
export interface NodeInstance {
  readonly nodeId: string;
  readonly instanceId: string;
}

export interface ConnectingNode extends NodeInstance {
  readonly name: string;
  readonly version: string;
  readonly slots: number;
  readonly backend: {
    readonly name: string;
    readonly provider: string;
    readonly threads: number;
  };
  /** Null where the node does not say. */
  readonly memoryBytes: number | null;
  readonly address: string;
}

/** A node that has sent a heartbeat. */
export interface HeardNode extends NodeInstance {
  readonly memoryUsedBytes: number | null;
}

export class NodeRegistry {
  readonly #database: Database;
  readonly #replicaId: string;

  constructor(database: Database, replicaId: string) {
    this.#database = database;
    this.#replicaId = replicaId;
  }

  /**
   * @returns "connected"; "drained" where it is, and is to be given no work; "taken" where another process runs under the id; "revoked" where the node's credential was withdrawn
   */
  async connect(
    node: ConnectingNode,
  ): Promise<"connected" | "drained" | "taken" | "revoked"> {
    return this.#database.transaction(async (client) => {
      await client.query(
        `INSERT INTO "gpu_node" ("id", "name") VALUES ($1, $2) ON CONFLICT ("id") DO NOTHING`,
        [node.nodeId, node.name],
      );
      const { rows } = await client.query<{
        is_revoked: boolean;
        is_taken: boolean | null;
        is_known: boolean;
        is_drained: boolean;
      }>(
        `SELECT "revoked_at" IS NOT NULL AS "is_revoked",
           "status" <> 'OFFLINE' AND "instance_id" <> $2
             AND "last_seen_at" > now() - make_interval(secs => $3) AS "is_taken",
           "status" <> 'OFFLINE' AND "instance_id" = $2 AS "is_known",
           "drained_at" IS NOT NULL AS "is_drained"
         FROM "gpu_node" WHERE "id" = $1 FOR UPDATE`,
        [node.nodeId, node.instanceId, nodeTiming.holdsIdForMs / 1_000],
      );
      const before = rows[0]!;
      if (before.is_revoked) return "revoked";
      if (before.is_taken) return "taken";
      await client.query(
        `UPDATE "gpu_node" SET "name" = $2, "status" = CASE WHEN "drained_at" IS NULL THEN 'ONLINE' ELSE 'DRAINING' END, "instance_id" = $3, "replica_id" = $4, "slots" = $5,
           "backend" = $6, "provider" = $7, "threads" = $8, "version" = $9, "address" = $10, "memory_bytes" = $11, "memory_used_bytes" = NULL,
           "connected_at" = now(), "last_seen_at" = now()
         WHERE "id" = $1`,
        [
          node.nodeId,
          node.name,
          node.instanceId,
          this.#replicaId,
          node.slots,
          node.backend.name,
          node.backend.provider,
          node.backend.threads,
          node.version,
          node.address,
          node.memoryBytes,
        ],
      );
      // A process that only changed the replica was online all the time.
      if (!before.is_known)
        await tell(
          client,
          before.is_drained ? "node-draining" : "node-online",
          [{ id: node.nodeId, name: node.name }],
        );
      return before.is_drained ? "drained" : "connected";
    });
  }

  /** No further leases are wanted. */
  async drain(node: NodeInstance): Promise<void> {
    await this.#setStatus(node, "DRAINING", "node-draining");
  }

  /** The node's stream ended. Changes nothing where the node is connected elsewhere by now. */
  async disconnect(node: NodeInstance): Promise<void> {
    await this.#setStatus(node, "OFFLINE", "node-offline");
  }

  /**
   * Notes that nodes were heard of.
   * @returns ids of those that are no longer this replica's: revoked, or another process or replica has them; and of those that are to
   * be given no work
   */
  async touch(nodes: readonly HeardNode[]): Promise<{
    readonly lostIds: readonly string[];
    readonly drainedIds: readonly string[];
  }> {
    if (nodes.length === 0) return { lostIds: [], drainedIds: [] };
    return this.#database.transaction(async (client) => {
      const { rows } = await client.query<{
        id: string;
        name: string;
        was_offline: boolean;
        is_drained: boolean;
      }>(
        `UPDATE "gpu_node" AS "node" SET "last_seen_at" = now(), "memory_used_bytes" = "before"."memory_used_bytes",
           "status" = CASE WHEN "before"."status" <> 'OFFLINE' THEN "before"."status"
             WHEN "drained_at" IS NULL THEN 'ONLINE' ELSE 'DRAINING' END
         FROM (
           SELECT "gpu_node"."id", "status", "heard"."memory_used_bytes" FROM "gpu_node"
           JOIN unnest($1::uuid[], $2::uuid[], $4::bigint[]) AS "heard" ("id", "instance_id", "memory_used_bytes")
             ON "heard"."id" = "gpu_node"."id" AND "heard"."instance_id" = "gpu_node"."instance_id"
           WHERE "replica_id" = $3 AND "revoked_at" IS NULL
           ORDER BY "gpu_node"."id" FOR UPDATE OF "gpu_node"
         ) AS "before"
         WHERE "node"."id" = "before"."id"
         RETURNING "node"."id", "node"."name", "before"."status" = 'OFFLINE' AS "was_offline", "drained_at" IS NOT NULL AS "is_drained"`,
        [
          nodes.map((node) => node.nodeId),
          nodes.map((node) => node.instanceId),
          this.#replicaId,
          nodes.map((node) => node.memoryUsedBytes),
        ],
      );
      await tell(
        client,
        "node-online",
        rows.filter((row) => row.was_offline),
      );
      const kept = new Set(rows.map((row) => row.id));
      return {
        lostIds: nodes.map((node) => node.nodeId).filter((id) => !kept.has(id)),
        drainedIds: rows.filter((row) => row.is_drained).map((row) => row.id),
      };
    });
  }

  /** Marks nodes that nobody has heard of, such as those of a replica that died. @returns how many */
  async sweep(): Promise<number> {
    return this.#database.transaction(async (client) => {
      const { rows } = await client.query<{ id: string; name: string }>(
        `UPDATE "gpu_node" SET "status" = 'OFFLINE' WHERE "id" IN (
           SELECT "id" FROM "gpu_node"
           WHERE "status" <> 'OFFLINE' AND "last_seen_at" < now() - make_interval(secs => $1)
           FOR UPDATE SKIP LOCKED
         ) RETURNING "id", "name"`,
        [nodeTiming.offlineAfterMs / 1_000],
      );
      await tell(client, "node-offline", rows);
      return rows.length;
    });
  }

  async #setStatus(
    node: NodeInstance,
    status: "DRAINING" | "OFFLINE",
    event: string,
  ): Promise<void> {
    await this.#database.transaction(async (client) => {
      const { rows } = await client.query<{ id: string; name: string }>(
        `UPDATE "gpu_node" SET "status" = $4
         WHERE "id" = $1 AND "instance_id" = $2 AND "replica_id" = $3 AND "status" <> $4 AND "status" <> 'OFFLINE'
         RETURNING "id", "name"`,
        [node.nodeId, node.instanceId, this.#replicaId, status],
      );
      await tell(client, event, rows);
    });
  }
}

async function tell(
  client: PoolClient,
  type: string,
  nodes: readonly { readonly id: string; readonly name: string }[],
): Promise<void> {
  if (nodes.length === 0) return;
  await appendEvents(
    client,
    nodes.map(({ id, name }) => ({
      stream: "cluster",
      type,
      body: { nodeId: id, name },
    })),
  );
}
