/**
 * RUNNING → RETRY, after the queue's back-off; → DEAD when the attempts are used up or the fault is the input's; → PENDING when the job
 * is paused.
 */
import type { PgBoss } from "pg-boss";
import type { Database, Queryable } from "../database/database.ts";
import { shardQueue } from "../database/queue.ts";
import { appendEvents, type NewEvent } from "../progress/append-events.ts";
import { refuseChecked } from "../results/refuse-checked.ts";
import type { LeaseOutcome } from "../shards/lease-outcome.ts";
import {
  endLeases,
  lockHeldShards,
  lockJobsOfLeases,
  type HeldShard,
} from "./held-shards.ts";
import type { LeaseFailure } from "./lease-operations.ts";
import { onConnection } from "./queue-on-connection.ts";
import { settleJobs } from "./settle-jobs.ts";

/** Attempts after the first; the queue is made with the same (database/queue.ts). */
const mostRetries = 5;

export function failShards(
  database: Database,
  queue: PgBoss,
  failures: readonly LeaseFailure[],
): Promise<void> {
  return database.transaction(async (client) => {
    const leaseIds = failures.map(({ leaseId }) => leaseId);
    await lockJobsOfLeases(client, leaseIds);
    const held = await lockHeldShards(client, leaseIds);
    const failed = failures.flatMap(({ leaseId, nodeId, fault, message }) => {
      const lease = held.get(leaseId);
      return lease?.nodeId === nodeId
        ? [{ lease, isFinal: fault === "input", message }]
        : [];
    });
    await failHeld(client, queue, failed, "FAILED");
  });
}

export interface FailedLease {
  readonly lease: HeldShard;
  /** No further attempt makes sense. */
  readonly isFinal: boolean;
  readonly message: string;
}

/** With jobs and shards locked. */
export async function failHeld(
  client: Queryable,
  queue: PgBoss,
  failed: readonly FailedLease[],
  outcome: LeaseOutcome,
): Promise<void> {
  if (failed.length === 0) return;
  const isDead = ({ lease, isFinal }: FailedLease) =>
    isFinal || lease.retryCount >= mostRetries;
  const dead = failed.filter(isDead);
  const retried = failed.filter((failure) => !isDead(failure));
  const paused = await findPaused(client, retried);
  const isPaused = ({ lease }: FailedLease) => paused.has(lease.jobId);
  await client.query(
    `UPDATE shard SET status = failed.status, lease_id = NULL, problem = failed.problem, updated_at = now(),
       queue_id = CASE WHEN failed.status = 'PENDING' THEN NULL ELSE queue_id END
     FROM unnest($1::uuid[], $2::text[], $3::text[]) AS failed (shard_id, status, problem)
     WHERE shard.id = failed.shard_id`,
    [
      failed.map(({ lease }) => lease.shardId),
      failed.map((failure) =>
        isDead(failure) ? "DEAD" : isPaused(failure) ? "PENDING" : "RETRY",
      ),
      failed.map(({ message }) => message),
    ],
  );
  await endLeases(
    client,
    failed.map(({ lease }) => lease.leaseId),
    outcome,
  );
  const attempts = (of: readonly FailedLease[]) =>
    of.map(({ lease }) => ({
      id: lease.queueId,
      retryCount: lease.retryCount,
    }));
  const backToQueue = retried.filter((failure) => !isPaused(failure));
  const offQueue = [...dead, ...retried.filter(isPaused)];
  if (backToQueue.length > 0) {
    await queue.fail(
      shardQueue,
      attempts(backToQueue),
      null,
      onConnection(client),
    );
    await putFirst(client, backToQueue);
  }
  if (offQueue.length > 0)
    await queue.complete(
      shardQueue,
      attempts(offQueue),
      null,
      onConnection(client),
    );
  await appendEvents(client, [
    ...retried.map(({ lease, message }): NewEvent => ({
      stream: lease.jobId,
      type: outcome === "EXPIRED" ? "lease-expired" : "shard-retry",
      body: { shardId: lease.shardId, nodeId: lease.nodeId, reason: message },
    })),
    ...dead.map(({ lease, message }): NewEvent => ({
      stream: lease.jobId,
      type: "shard-dead",
      body: { shardId: lease.shardId, nodeId: lease.nodeId, problem: message },
    })),
    ...(await refuseChecked(
      client,
      dead.map(({ lease, message }) => ({
        jobId: lease.jobId,
        problem: message,
      })),
    )),
    ...(await settleJobs(
      client,
      [...Map.groupBy(dead, ({ lease }) => lease.jobId)].map(
        ([jobId, ofJob]) => ({ jobId, succeeded: 0, dead: ofJob.length }),
      ),
    )),
  ]);
}

/** Above every priority that the feeder gives (fair-share.ts). */
const retryPriority = 1;

/**
 * A shard that has had its turn has it again as soon as its back-off is over: by the priority that it was fed with, it could wait for
 * as long as later shards come with higher ones.
 */
async function putFirst(
  client: Queryable,
  retried: readonly FailedLease[],
): Promise<void> {
  await client.query(
    `UPDATE pgboss.job SET priority = $1 WHERE name = $2 AND id = ANY($3::uuid[])`,
    [retryPriority, shardQueue, retried.map(({ lease }) => lease.queueId)],
  );
}

/** A paused job's shards do not go back to the queue, which would give them out: they wait for the feeder. */
async function findPaused(
  client: Queryable,
  failed: readonly FailedLease[],
): Promise<ReadonlySet<string>> {
  if (failed.length === 0) return new Set();
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM job WHERE id = ANY($1::uuid[]) AND status = 'PAUSED'`,
    [[...new Set(failed.map(({ lease }) => lease.jobId))]],
  );
  return new Set(rows.map(({ id }) => id));
}
