/** DEAD → PENDING: shards that were given up are tried from the start, once what they failed of is mended. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import { appendEvents } from "../progress/append-events.ts";
import { planComparisonAgain } from "../results/begin-comparison.ts";
import { reopenChecks } from "../results/reopen-checks.ts";
import { jobStatusEvents } from "./job-events.ts";
import { lockJob } from "./lock-job.ts";

/**
 * A FAILED job is RUNNING again; one that is under way stays as it is. In the caller's transaction.
 * @returns how many shards; 0 for a job under way that has no dead ones
 * @throws ControlPlaneError "not-found", or "conflict" for a job that has ended otherwise
 */
export async function redriveJob(
  client: Queryable,
  jobId: string,
): Promise<number> {
  const job = await lockJob(client, jobId);
  const hasFailed = job.status === "FAILED";
  if (!hasFailed && job.status !== "RUNNING" && job.status !== "PAUSED")
    throw new ControlPlaneError(
      "conflict",
      `Job ${jobId} is ${job.status}: only the dead shards of a job that has failed, or is under way, can be tried again.`,
    );
  // The queue's entry of a dead shard is gone; the feeder makes a new one, with all attempts before it. A comparison of audits that are tried
  // again is not: another one follows them.
  const { rowCount } = await client.query(
    `UPDATE shard SET status = 'PENDING', queue_id = NULL, retry_count = 0, updated_at = now()
     WHERE job_id = $1 AND status = 'DEAD' AND (spec->>'kind' <> 'compare-audits'
       OR NOT EXISTS (SELECT FROM shard WHERE job_id = $1 AND status = 'DEAD' AND spec->>'kind' <> 'compare-audits'))`,
    [jobId],
  );
  const shards = rowCount ?? 0;
  if (shards === 0) return 0;
  await client.query(
    `UPDATE job SET dead_count = dead_count - $2, finished_at = NULL,
       status = CASE status WHEN 'FAILED' THEN 'RUNNING' ELSE status END
     WHERE id = $1`,
    [jobId, shards],
  );
  if (job.kind === "audit") await planComparisonAgain(client, jobId);
  // Begins at what is served now, as a job that is resumed does.
  if (hasFailed)
    await client.query(`DELETE FROM job_share WHERE job_id = $1`, [jobId]);
  await appendEvents(client, [
    { stream: jobId, type: "job-redriven", body: { shards } },
    ...(hasFailed ? jobStatusEvents({ ...job, status: "RUNNING" }) : []),
    ...(await reopenChecks(client, jobId)),
  ]);
  return shards;
}
