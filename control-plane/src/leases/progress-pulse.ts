/** How far jobs are, told at most every so often however fast their shards end. */
import type { Database } from "../database/database.ts";
import { appendEvents } from "../progress/append-events.ts";

/** Writes a `progress` event for each of the jobs that is under way. */
export function tellProgress(
  database: Database,
  jobIds: readonly string[],
): Promise<void> {
  return database.transaction(async (client) => {
    const { rows } = await client.query<{
      id: string;
      total: number;
      succeeded: number;
      dead: number;
      cancelled: number;
      running: number;
      partly: number;
    }>(
      `SELECT job.id, shard_count + further_count AS total, succeeded_count AS succeeded, dead_count AS dead, cancelled_count AS cancelled,
              held.count AS running, held.done AS partly
       FROM job, LATERAL (
         SELECT count(*)::int AS count, COALESCE(sum(done), 0) AS done FROM shard
         WHERE shard.job_id = job.id AND status IN ('LEASED', 'RUNNING')) AS held
       WHERE job.id = ANY($1::uuid[])`,
      [jobIds],
    );
    await appendEvents(
      client,
      rows.map(
        ({ id, total, succeeded, dead, cancelled, running, partly }) => ({
          stream: id,
          type: "progress",
          body: {
            succeeded,
            dead,
            running,
            total,
            done: Math.min(1, (succeeded + dead + cancelled + partly) / total),
          },
        }),
      ),
    );
  });
}
