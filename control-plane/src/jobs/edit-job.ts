/** A job's name and weight, changed by people, with the audit entry that says who. */
import { recordChange } from "../audit-log/record-change.ts";
import type { Caller } from "../auth/caller.ts";
import type { Database } from "../database/database.ts";
import { lockJob } from "../leases/lock-job.ts";
import { reweighJob } from "../leases/reweigh-job.ts";
import { appendEvents } from "../progress/append-events.ts";
import type { JobView } from "./job.ts";
import { readJob } from "./read-jobs.ts";

export interface JobEdit {
  readonly name?: string | undefined;
  /** 1…1000. */
  readonly weight?: number | undefined;
}

/** What is so already is no change. @throws ControlPlaneError "not-found" */
export function editJob(
  database: Database,
  jobId: string,
  edit: JobEdit,
  { actor, address }: Caller,
): Promise<JobView> {
  return database.transaction(async (client) => {
    const before = await lockJob(client, jobId);
    const name = edit.name ?? before.name;
    const weight = edit.weight ?? before.weight;
    if (name !== before.name || weight !== before.weight) {
      await reweighJob(client, jobId, weight);
      await client.query("UPDATE job SET name = $2 WHERE id = $1", [
        jobId,
        name,
      ]);
      await appendEvents(client, [
        { stream: jobId, type: "job-changed", body: { name, weight } },
        {
          stream: "cluster",
          type: "job-changed",
          body: { jobId, name, weight },
        },
      ]);
      await recordChange(client, {
        actor,
        address,
        action: "job.edit",
        subject: jobId,
        details: {
          from: { name: before.name, weight: before.weight },
          to: { name, weight },
        },
      });
    }
    return readJob(client, jobId);
  });
}
