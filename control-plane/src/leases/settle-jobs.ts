/** A job's counts, and its end when its last shard has ended and none follows. */
import type { Queryable } from "../database/database.ts";
import type { NewEvent } from "../progress/append-events.ts";
import { beginComparisons } from "../results/begin-comparison.ts";
import { summarizeSearches } from "../results/summarize-searches.ts";
import { jobStatusEvents } from "./job-events.ts";

export interface EndedShards {
  readonly jobId: string;
  readonly succeeded: number;
  readonly dead: number;
}

/**
 * In the transaction that ended the shards, with the jobs locked.
 * @returns the events of jobs that ended by it
 */
export async function settleJobs(
  client: Queryable,
  ended: readonly EndedShards[],
): Promise<readonly NewEvent[]> {
  if (ended.length === 0) return [];
  const { rows } = await client.query<{
    id: string;
    kind: string;
    name: string;
    status: string;
    isToCompare: boolean;
  }>(
    `UPDATE job SET
       succeeded_count = succeeded_count + ended.succeeded,
       dead_count = dead_count + ended.dead,
       status = CASE
         WHEN succeeded_count + dead_count + cancelled_count + ended.succeeded + ended.dead < shard_count + ${awaited} THEN status
         WHEN dead_count + ended.dead > 0 THEN 'FAILED'
         ELSE 'SUCCEEDED' END,
       finished_at = CASE
         WHEN succeeded_count + dead_count + cancelled_count + ended.succeeded + ended.dead < shard_count + ${awaited} THEN NULL
         ELSE now() END
     FROM unnest($1::uuid[], $2::int[], $3::int[]) AS ended (job_id, succeeded, dead)
     WHERE job.id = ended.job_id AND job.status IN ('RUNNING', 'PAUSED')
     RETURNING job.id, job.kind, job.name, job.status,
       ${awaited} > 0 AND succeeded_count + dead_count + cancelled_count = shard_count AS "isToCompare"`,
    [
      ended.map(({ jobId }) => jobId),
      ended.map(({ succeeded }) => succeeded),
      ended.map(({ dead }) => dead),
    ],
  );
  await summarizeSearches(
    client,
    rows.filter(({ status }) => status === "SUCCEEDED").map(({ id }) => id),
  );
  return [
    ...rows
      .filter(({ status }) => status === "SUCCEEDED" || status === "FAILED")
      .flatMap(jobStatusEvents),
    ...(await goOn(
      client,
      rows.filter(({ isToCompare }) => isToCompare).map(({ id }) => id),
    )),
  ];
}

/** Shards that follow even where some before them are dead. Of other jobs than audits, a dead shard is the end of what was to follow. */
const awaited = "CASE job.kind WHEN 'audit' THEN further_count ELSE 0 END";

/** Audits that have all ended are compared; a job that has nothing to compare ends. */
async function goOn(
  client: Queryable,
  jobIds: readonly string[],
): Promise<readonly NewEvent[]> {
  if (jobIds.length === 0) return [];
  const { events, without } = await beginComparisons(client, jobIds);
  const ended = without.map((jobId) => ({ jobId, succeeded: 0, dead: 0 }));
  return [...events, ...(await settleJobs(client, ended))];
}
