/** QUEUED or RETRY → LEASED: what the queue has ready, spread over the nodes that have credit. */
import { randomUUID } from "node:crypto";
import type { JobAttempt, PgBoss } from "pg-boss";
import type { Database, Queryable } from "../database/database.ts";
import { shardQueue } from "../database/queue.ts";
import type { GrantedLease } from "./lease-operations.ts";
import { onConnection } from "./queue-on-connection.ts";

/** Leases of one transaction: large enough to be cheap, small enough that who asks for one lease does not wait long behind the others. */
const mostTogether = 100;

export interface NodeCredit {
  readonly nodeId: string;
  readonly leases: number;
}

/** @returns none only when nothing in the queue is ready */
export async function grantLeases(
  database: Database,
  queue: PgBoss,
  replicaId: string,
  credits: readonly NodeCredit[],
): Promise<readonly GrantedLease[]> {
  const wanted = credits.reduce((sum, { leases }) => sum + leases, 0);
  if (wanted === 0) return [];
  for (;;) {
    const { fetched, granted } = await grantOnce(
      database,
      queue,
      replicaId,
      credits,
      wanted,
    );
    // What people have stopped since it was queued may fill a whole lot, and what still waits stands behind it.
    if (granted.length > 0 || fetched === 0) return granted;
  }
}

function grantOnce(
  database: Database,
  queue: PgBoss,
  replicaId: string,
  credits: readonly NodeCredit[],
  wanted: number,
): Promise<{
  readonly fetched: number;
  readonly granted: readonly GrantedLease[];
}> {
  return database.transaction(async (client) => {
    // Who waits for a lease does not wait for a disk. Where the server's machine dies a moment later, the grant has never been: the shard
    // still waits, the node's lease is gone, and whatever is written after it makes it durable as well.
    await client.query("SET LOCAL synchronous_commit = off");
    const fetched = await queue.fetch<{ shardId: string }>(shardQueue, {
      batchSize: Math.min(wanted, mostTogether),
      includeMetadata: true,
      ...onConnection(client),
    });
    if (fetched.length === 0) return { fetched: 0, granted: [] };
    const shards = await lockQueuedShards(client, fetched);
    const nodes = spread(credits);
    const granted: (GrantedLease & { readonly queueId: string })[] = [];
    const left: JobAttempt[] = [];
    for (const { id, retryCount, data } of fetched) {
      const shard = shards.get(id);
      const nodeId = shard && nodes.next().value;
      if (shard && nodeId !== undefined)
        granted.push({
          leaseId: randomUUID(),
          nodeId,
          shardId: data.shardId,
          jobId: shard.jobId,
          retryCount,
          spec: shard.spec,
          checkpointSha256: shard.checkpointSha256,
          queueId: id,
        });
      // Paused, cancelled or sent anew since it was queued: nobody waits for it.
      else left.push({ id, retryCount });
    }
    await writeLeases(client, replicaId, granted);
    if (left.length > 0)
      await queue.complete(shardQueue, left, null, onConnection(client));
    return {
      fetched: fetched.length,
      granted: granted.map(({ queueId: _queueId, ...lease }) => lease),
    };
  });
}

interface QueuedShard {
  readonly queueId: string;
  readonly jobId: string;
  readonly spec: GrantedLease["spec"];
  readonly checkpointSha256: string | null;
}

/** @returns by the queue's id; only those that still wait under that id */
async function lockQueuedShards(
  client: Queryable,
  fetched: readonly {
    readonly id: string;
    readonly data: { shardId: string };
  }[],
): Promise<ReadonlyMap<string, QueuedShard>> {
  const { rows } = await client.query<QueuedShard>(
    `SELECT shard.queue_id AS "queueId", shard.job_id AS "jobId", shard.spec, shard.checkpoint_sha256 AS "checkpointSha256"
     FROM unnest($1::uuid[], $2::uuid[]) AS fetched (queue_id, shard_id)
     JOIN shard ON shard.id = fetched.shard_id AND shard.queue_id = fetched.queue_id
     WHERE shard.status IN ('QUEUED', 'RETRY')
     ORDER BY shard.id
     FOR UPDATE OF shard`,
    [fetched.map(({ id }) => id), fetched.map(({ data }) => data.shardId)],
  );
  return new Map(rows.map((row) => [row.queueId, row]));
}

async function writeLeases(
  client: Queryable,
  replicaId: string,
  granted: readonly (GrantedLease & { readonly queueId: string })[],
): Promise<void> {
  if (granted.length === 0) return;
  await client.query(
    `WITH granted AS (
       SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::int[])
         AS granted (lease_id, shard_id, job_id, node_id, queue_id, retry_count)
     ), held AS (
       UPDATE shard SET status = 'LEASED', lease_id = granted.lease_id, retry_count = granted.retry_count, updated_at = now()
       FROM granted WHERE shard.id = granted.shard_id)
     INSERT INTO lease (id, shard_id, job_id, node_id, replica_id, queue_id, retry_count)
     SELECT lease_id, shard_id, job_id, node_id, $1, queue_id, retry_count FROM granted`,
    [
      replicaId,
      granted.map(({ leaseId }) => leaseId),
      granted.map(({ shardId }) => shardId),
      granted.map(({ jobId }) => jobId),
      granted.map(({ nodeId }) => nodeId),
      granted.map(({ queueId }) => queueId),
      granted.map(({ retryCount }) => retryCount),
    ],
  );
}

/** Nodes in turn, each as often as it has credit. */
function* spread(credits: readonly NodeCredit[]): Generator<string, undefined> {
  const left = credits.map(({ nodeId, leases }) => ({ nodeId, leases }));
  for (let any = true; any;) {
    any = false;
    for (const node of left) {
      if (node.leases <= 0) continue;
      node.leases--;
      any = true;
      yield node.nodeId;
    }
  }
  return undefined;
}
