/** RUNNING → PENDING: a node that drains, or a paused job's, gives a shard back with what it has so far. No attempt is spent. */
import type { PgBoss } from "pg-boss";
import type { Database, Queryable } from "../database/database.ts";
import { shardQueue } from "../database/queue.ts";
import { appendEvents } from "../progress/append-events.ts";
import type { LeaseOutcome } from "../shards/lease-outcome.ts";
import { endLeases, lockHeldShards, type HeldShard } from "./held-shards.ts";
import type { LeaseYield } from "./lease-operations.ts";
import { onConnection } from "./queue-on-connection.ts";

export function yieldShards(
  database: Database,
  queue: PgBoss,
  yields: readonly LeaseYield[],
): Promise<void> {
  return database.transaction(async (client) => {
    const held = await lockHeldShards(
      client,
      yields.map(({ leaseId }) => leaseId),
    );
    const given = yields.flatMap(({ leaseId, nodeId, checkpointSha256 }) => {
      const lease = held.get(leaseId);
      return lease?.nodeId === nodeId ? [{ lease, checkpointSha256 }] : [];
    });
    if (given.length === 0) return;
    await putBack(client, queue, given, "YIELDED");
    await appendEvents(
      client,
      given.map(({ lease }) => ({
        stream: lease.jobId,
        type: "shard-yield",
        body: { shardId: lease.shardId, nodeId: lease.nodeId },
      })),
    );
  });
}

/** To the feeder, which sends it anew when its job is running. With the shards locked. */
export async function putBack(
  client: Queryable,
  queue: PgBoss,
  given: readonly {
    readonly lease: HeldShard;
    readonly checkpointSha256: string | null;
  }[],
  outcome: LeaseOutcome,
): Promise<void> {
  await client.query(
    `UPDATE shard SET status = 'PENDING', lease_id = NULL, queue_id = NULL, updated_at = now(),
       checkpoint_sha256 = COALESCE((SELECT sha256 FROM artifact WHERE sha256 = given.checkpoint), checkpoint_sha256)
     FROM unnest($1::uuid[], $2::text[]) AS given (shard_id, checkpoint)
     WHERE shard.id = given.shard_id`,
    [
      given.map(({ lease }) => lease.shardId),
      given.map(({ checkpointSha256 }) => checkpointSha256),
    ],
  );
  await endLeases(
    client,
    given.map(({ lease }) => lease.leaseId),
    outcome,
  );
  await queue.complete(
    shardQueue,
    given.map(({ lease }) => ({
      id: lease.queueId,
      retryCount: lease.retryCount,
    })),
    null,
    onConnection(client),
  );
}
