/** Changes a job's share of the cluster from the next grant on. */
import type { Queryable } from "../database/database.ts";
import { lockJob } from "./lock-job.ts";

/**
 * What stands in the window has its place by the old weight: it goes back, and what it was charged with it, so that the feeder places it
 * anew. In the caller's transaction.
 * @throws ControlPlaneError "not-found"
 */
export async function reweighJob(
  client: Queryable,
  jobId: string,
  weight: number,
): Promise<void> {
  const before = await lockJob(client, jobId);
  if (before.weight === weight) return;
  // Locked in the order in which grants lock them.
  const { rowCount } = await client.query(
    `UPDATE shard SET status = 'PENDING', queue_id = NULL, updated_at = now()
     WHERE id = ANY(ARRAY(SELECT id FROM shard WHERE job_id = $1 AND status = 'QUEUED' ORDER BY id FOR UPDATE))`,
    [jobId],
  );
  await client.query(`UPDATE job SET weight = $2 WHERE id = $1`, [
    jobId,
    weight,
  ]);
  await client.query(
    `UPDATE job_share SET tag = GREATEST(0, tag - $2::float8 / $3) WHERE job_id = $1`,
    [jobId, rowCount, before.weight],
  );
}
