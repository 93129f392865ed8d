/** Looks up what leases are of, so that lines of log about leases from before a stream name job and shard too. */
import type { Database } from "../database/database.ts";
import type { LeaseNames } from "./node-connection.ts";

export async function nameLeases(
  database: Database,
  leaseIds: readonly string[],
): Promise<readonly (readonly [leaseId: string, names: LeaseNames])[]> {
  if (leaseIds.length === 0) return [];
  const { rows } = await database.pool.query<{
    id: string;
    shardId: string;
    jobId: string;
  }>(
    `SELECT "id", "shard_id" AS "shardId", "job_id" AS "jobId" FROM "lease" WHERE "id" = ANY($1::uuid[])`,
    [leaseIds],
  );
  return rows.map(({ id, shardId, jobId }) => [id, { shardId, jobId }]);
}
