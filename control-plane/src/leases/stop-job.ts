/** What people do to a job that is under way: cancel, pause, resume. */
import type { PgBoss } from "pg-boss";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import { shardQueue } from "../database/queue.ts";
import { appendEvents } from "../progress/append-events.ts";
import { refuseChecked } from "../results/refuse-checked.ts";
import { jobStatusEvents } from "./job-events.ts";
import { lockJob, type LockedJob } from "./lock-job.ts";
import { onConnection } from "./queue-on-connection.ts";
import { revokeLeases } from "./revoke-leases.ts";

/**
 * Any → CANCELLED. In the caller's transaction, the leases' end included: results that come later are stale. Nodes are told to stop.
 * @throws ControlPlaneError "not-found", or "conflict" for a job that has ended otherwise
 */
export async function cancelJob(
  client: Queryable,
  queue: PgBoss,
  jobId: string,
): Promise<void> {
  const job = await lockJob(client, jobId);
  const { status } = job;
  if (status === "CANCELLED") return;
  if (status !== "RUNNING" && status !== "PAUSED") throw ended(jobId, status);
  // Locked in the order in which grants lock them.
  const { rowCount } = await client.query(
    `UPDATE shard SET status = 'CANCELLED', lease_id = NULL, queue_id = NULL, updated_at = now()
     WHERE id = ANY(ARRAY(SELECT id FROM shard
       WHERE job_id = $1 AND status IN ('PENDING', 'QUEUED', 'LEASED', 'RUNNING', 'RETRY') ORDER BY id FOR UPDATE))`,
    [jobId],
  );
  // What is in the queue and not leased is dropped when it is fetched: its shard no longer waits.
  const { rows } = await client.query<{
    id: string;
    queueId: string;
    retryCount: number;
  }>(
    `UPDATE lease SET ended_at = now(), outcome = 'CANCELLED' WHERE job_id = $1 AND ended_at IS NULL
     RETURNING id, queue_id AS "queueId", retry_count AS "retryCount"`,
    [jobId],
  );
  if (rows.length > 0)
    await queue.complete(
      shardQueue,
      rows.map(({ queueId, retryCount }) => ({ id: queueId, retryCount })),
      null,
      onConnection(client),
    );
  await client.query(
    `UPDATE job SET status = 'CANCELLED', cancelled_count = cancelled_count + $2, finished_at = now() WHERE id = $1`,
    [jobId, rowCount],
  );
  await revokeLeases(
    client,
    rows.map(({ id }) => id),
    "cancelled",
  );
  await appendEvents(client, [
    ...(await refuseChecked(client, [
      { jobId, problem: "It was cancelled before it was done." },
    ])),
    ...jobStatusEvents({ ...job, status: "CANCELLED" }),
  ]);
}

/**
 * RUNNING → PAUSED: nothing more is sent; nodes keep checkpoints and yield. In the caller's transaction.
 * @throws ControlPlaneError "not-found", or "conflict" for a job that has ended
 */
export async function pauseJob(
  client: Queryable,
  jobId: string,
): Promise<void> {
  const job = await lockJob(client, jobId);
  if (job.status === "PAUSED") return;
  if (job.status !== "RUNNING") throw ended(jobId, job.status);
  // Locked in the order in which grants lock them.
  await client.query(
    `UPDATE shard SET status = 'PENDING', queue_id = NULL, updated_at = now()
     WHERE id = ANY(ARRAY(SELECT id FROM shard WHERE job_id = $1 AND status IN ('QUEUED', 'RETRY') ORDER BY id FOR UPDATE))`,
    [jobId],
  );
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM lease WHERE job_id = $1 AND ended_at IS NULL`,
    [jobId],
  );
  await setStatus(client, job, "PAUSED");
  await revokeLeases(
    client,
    rows.map(({ id }) => id),
    "paused",
  );
}

/**
 * PAUSED → RUNNING. In the caller's transaction.
 * @throws ControlPlaneError "not-found", or "conflict" for a job that has ended
 */
export async function resumeJob(
  client: Queryable,
  jobId: string,
): Promise<void> {
  const job = await lockJob(client, jobId);
  if (job.status === "RUNNING") return;
  if (job.status !== "PAUSED") throw ended(jobId, job.status);
  // Begins at what is served now, as a new job does: its old tag may be far ahead of those of jobs that came while it was paused.
  await client.query(`DELETE FROM job_share WHERE job_id = $1`, [jobId]);
  await setStatus(client, job, "RUNNING");
}

async function setStatus(
  client: Queryable,
  job: LockedJob,
  status: string,
): Promise<void> {
  await client.query(`UPDATE job SET status = $2 WHERE id = $1`, [
    job.id,
    status,
  ]);
  await appendEvents(client, jobStatusEvents({ ...job, status }));
}

const ended = (jobId: string, status: string) =>
  new ControlPlaneError(
    "conflict",
    `Job ${jobId} is ${status}: it has ended, nothing of it runs.`,
  );
