/** Cancels, pauses, resumes and redrives jobs for people, with the audit entry that says who. Doing it twice is doing it once. */
import type { PgBoss } from "pg-boss";
import { recordChange } from "../audit-log/record-change.ts";
import type { Caller } from "../auth/caller.ts";
import type { Database } from "../database/database.ts";
import { lockJob } from "../leases/lock-job.ts";
import { redriveJob } from "../leases/redrive-job.ts";
import { cancelJob, pauseJob, resumeJob } from "../leases/stop-job.ts";
import type { JobView } from "./job.ts";
import { readJob } from "./read-jobs.ts";

export type JobChange = "cancel" | "pause" | "resume" | "redrive";

/** @throws ControlPlaneError "not-found", "conflict" for a job that has ended otherwise */
export async function changeJob(
  database: Database,
  queue: PgBoss,
  jobId: string,
  change: JobChange,
  { actor, address }: Caller,
): Promise<JobView> {
  return database.transaction(async (client) => {
    // Two people who do something to a job do it one after the other.
    const { status: before } = await lockJob(client, jobId);
    let shards = 0;
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
      case "redrive":
        shards = await redriveJob(client, jobId);
        break;
    }
    const job = await readJob(client, jobId);
    if (job.status !== before || shards > 0)
      await recordChange(client, {
        actor,
        address,
        action: `job.${change}`,
        subject: jobId,
        details: {
          ...{ name: job.name, from: before, to: job.status },
          ...(shards > 0 && { shards }),
        },
      });
    return job;
  });
}
