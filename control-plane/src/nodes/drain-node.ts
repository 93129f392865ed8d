/** A person wants a node to finish what it holds and take nothing new, or to take work again. Holds until the contrary is said. */
import { recordChange } from "../audit-log/record-change.ts";
import type { Caller } from "../auth/caller.ts";
import { unknownNode } from "../auth/node-credentials.ts";
import type { Database } from "../database/database.ts";
import { appendEvents } from "../progress/append-events.ts";

/**
 * Replicas are told, and tell the node where it is connected. Doing it twice is doing it once.
 * @throws ControlPlaneError "not-found"
 */
export function setNodeDrained(
  database: Database,
  nodeId: string,
  isDrained: boolean,
  { actor, address }: Pick<Caller, "actor" | "address">,
): Promise<void> {
  return database.transaction(async (client) => {
    const { rows } = await client.query<{
      name: string;
      status: string;
      was: boolean;
    }>(
      `SELECT "name", "status", "drained_at" IS NOT NULL AS "was" FROM "gpu_node" WHERE "id" = $1 FOR UPDATE`,
      [nodeId],
    );
    const [node] = rows;
    if (!node) throw unknownNode(nodeId);
    if (node.was === isDrained) return;
    await client.query(
      `UPDATE "gpu_node" SET "drained_at" = CASE WHEN $2 THEN now() END,
         "status" = CASE WHEN "status" = 'OFFLINE' THEN "status" WHEN $2 THEN 'DRAINING' ELSE 'ONLINE' END
       WHERE "id" = $1`,
      [nodeId, isDrained],
    );
    await client.query(`SELECT pg_notify('motif_drain', $1)`, [
      JSON.stringify({ nodeId, isDrained }),
    ]);
    if (node.status !== "OFFLINE")
      await appendEvents(client, [
        {
          stream: "cluster",
          type: isDrained ? "node-draining" : "node-online",
          body: { nodeId, name: node.name },
        },
      ]);
    await recordChange(client, {
      ...{ actor, address, subject: nodeId },
      action: isDrained ? "node.drain" : "node.undrain",
      details: { name: node.name },
    });
  });
}
