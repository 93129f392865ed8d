/** Cancels, pauses and resumes jobs for people, with the audit entry that says who. Doing it twice is doing it once. */
import type { PgBoss } from "pg-boss";
import { recordChange } from "../audit-log/record-change.ts";
import type { Caller } from "../auth/caller.ts";
import type { Database, Queryable } from "../database/database.ts";
import { cancelJob, pauseJob, resumeJob } from "../leases/stop-job.ts";
import type { JobStatus, JobView } from "./job.ts";
import { readJob, unknownJob } from "./read-jobs.ts";

export type JobChange = "cancel" | "pause" | "resume";

/** @throws ControlPlaneError "not-found", "conflict" for a job that has ended otherwise */
export async function changeJob(
  database: Database,
  queue: PgBoss,
  jobId: string,
  change: JobChange,
  { actor, address }: Caller,
): Promise<JobView> {
  return database.transaction(async (client) => {
    const before = await lockJob(client, jobId);
    switch (change) {
      case "cancel":
        await cancelJob(client, queue, jobId);
        break;
      case "pause":
        await pauseJob(client, jobId);
        break;
      case "resume":
        await resumeJob(client, jobId);
        break;
    }
    const job = await readJob(client, jobId);
    if (job.status !== before)
      await recordChange(client, {
        actor,
        address,
        action: `job.${change}`,
        subject: jobId,
        details: { name: job.name, from: before, to: job.status },
      });
    return job;
  });
}

/** Two people who do something to a job do it one after the other. */
async function lockJob(client: Queryable, jobId: string): Promise<JobStatus> {
  const { rows } = await client.query<{ status: JobStatus }>(
    "SELECT status FROM job WHERE id = $1 FOR UPDATE",
    [jobId],
  );
  const [row] = rows;
  if (row) return row.status;
  throw unknownJob(jobId);
}
