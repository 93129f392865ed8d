/** RUNNING ↺: heartbeats put off the moment at which a lease is given away, and say how far its shard is. */
import type { Database } from "../database/database.ts";
import { lockHeldShards } from "./held-shards.ts";
import type { LeaseProgress } from "./lease-operations.ts";

export interface NodeHeartbeat {
  readonly nodeId: string;
  readonly leases: readonly LeaseProgress[];
}

/** @returns the leases among them that are no longer the node's */
export async function renewLeases(
  database: Database,
  heartbeats: readonly NodeHeartbeat[],
): Promise<{ readonly goneLeaseIds: readonly string[] }> {
  const beats = heartbeats.flatMap(({ nodeId, leases }) =>
    leases.map((lease) => ({ nodeId, ...lease })),
  );
  if (beats.length === 0) return { goneLeaseIds: [] };
  return database.transaction(async (client) => {
    const held = await lockHeldShards(
      client,
      beats.map(({ leaseId }) => leaseId),
    );
    const renewed = beats.filter(
      ({ leaseId, nodeId }) => held.get(leaseId)?.nodeId === nodeId,
    );
    if (renewed.length > 0)
      await client.query(
        `WITH beat AS (
           SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::float8[], $4::text[]) AS beat (lease_id, shard_id, done, checkpoint)
         ), moved AS (
           UPDATE shard SET status = 'RUNNING', done = beat.done, updated_at = now(),
             checkpoint_sha256 = COALESCE((SELECT sha256 FROM artifact WHERE sha256 = beat.checkpoint), checkpoint_sha256)
           FROM beat WHERE shard.id = beat.shard_id)
         UPDATE lease SET renewed_at = now(), accepted_at = COALESCE(accepted_at, now())
         FROM beat WHERE lease.id = beat.lease_id`,
        [
          renewed.map(({ leaseId }) => leaseId),
          renewed.map(({ leaseId }) => held.get(leaseId)!.shardId),
          renewed.map(({ done }) => Math.min(1, Math.max(0, done))),
          renewed.map(({ checkpointSha256 }) => checkpointSha256),
        ],
      );
    const kept = new Set(renewed.map(({ leaseId }) => leaseId));
    return {
      goneLeaseIds: beats
        .map(({ leaseId }) => leaseId)
        .filter((leaseId) => !kept.has(leaseId)),
    };
  });
}
