/** LEASED → RUNNING: the node has the shard. */
import type { Database } from "../database/database.ts";
import { lockHeldShards } from "./held-shards.ts";

/** Leases that are gone, or another node's, are left as they are: the node hears of it with its next heartbeat. */
export function acceptLeases(
  database: Database,
  nodeId: string,
  leaseIds: readonly string[],
): Promise<void> {
  return database.transaction(async (client) => {
    const held = [...(await lockHeldShards(client, leaseIds)).values()].filter(
      (lease) => lease.nodeId === nodeId && !lease.isAccepted,
    );
    if (held.length === 0) return;
    await client.query(
      `WITH running AS (
         UPDATE shard SET status = 'RUNNING', updated_at = now() WHERE id = ANY($2::uuid[]))
       UPDATE lease SET accepted_at = now(), renewed_at = now() WHERE id = ANY($1::uuid[])`,
      [held.map(({ leaseId }) => leaseId), held.map(({ shardId }) => shardId)],
    );
  });
}
