/**
 * Leases of a node that connects again, perhaps to another replica: those that still count go on. What it does not name is left to
 * expire: its result may be on the node's disk and about to be sent.
 */
import type { Database } from "../database/database.ts";
import { lockHeldShards } from "./held-shards.ts";

/** @returns the leases among them that are gone */
export async function adoptLeases(
  database: Database,
  replicaId: string,
  nodeId: string,
  leaseIds: readonly string[],
): Promise<{ readonly goneLeaseIds: readonly string[] }> {
  if (leaseIds.length === 0) return { goneLeaseIds: [] };
  return database.transaction(async (client) => {
    const held = await lockHeldShards(client, leaseIds);
    const isHere = (leaseId: string) => held.get(leaseId)?.nodeId === nodeId;
    const here = leaseIds.filter(isHere);
    await client.query(
      `WITH running AS (
         UPDATE shard SET status = 'RUNNING', updated_at = now() WHERE id = ANY($3::uuid[]))
       UPDATE lease SET replica_id = $2, renewed_at = now(), accepted_at = COALESCE(accepted_at, now())
       WHERE id = ANY($1::uuid[])`,
      [here, replicaId, here.map((leaseId) => held.get(leaseId)!.shardId)],
    );
    return { goneLeaseIds: leaseIds.filter((leaseId) => !isHere(leaseId)) };
  });
}
