/** The job's row, locked: first of all locks, and against the feeder, which holds the jobs whose shards it queues. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";

export interface LockedJob {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly status: string;
  readonly weight: number;
}

/** @throws ControlPlaneError "not-found" */
export async function lockJob(
  client: Queryable,
  jobId: string,
): Promise<LockedJob> {
  const { rows } = await client.query<LockedJob>(
    `SELECT id, kind, name, status, weight FROM job WHERE id = $1 FOR UPDATE`,
    [jobId],
  );
  const [job] = rows;
  if (job) return job;
  throw new ControlPlaneError(
    "not-found",
    `There is no job ${jobId}. motif jobs lists what there is.`,
  );
}
