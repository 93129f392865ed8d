/** The cluster's books, balanced: every shard has one result, by the lease that won it, and nothing is left open. */
import { expect } from "vitest";
import type { Cluster } from "../harness/cluster.ts";

/** Counts of everything that would differ if a shard of these jobs had been lost or had counted twice. */
export async function expectNothingLostOrDoubled(
  cluster: Cluster,
  jobs: readonly string[],
  shards: number,
): Promise<void> {
  const [counts] = await cluster.query(
    `SELECT
       (SELECT count(*)::int FROM shard WHERE job_id = ANY($1)) AS shards,
       (SELECT count(*)::int FROM shard WHERE job_id = ANY($1) AND status = 'SUCCEEDED') AS succeeded,
       (SELECT count(DISTINCT shard_id)::int FROM result WHERE job_id = ANY($1)) AS results,
       (SELECT sum(succeeded_count)::int FROM job WHERE id = ANY($1)) AS counted,
       (SELECT count(*)::int FROM lease WHERE job_id = ANY($1) AND outcome = 'SUCCEEDED') AS "winningLeases",
       (SELECT count(*)::int FROM result JOIN lease ON lease.id = result.lease_id
        WHERE result.job_id = ANY($1) AND lease.outcome = 'SUCCEEDED' AND lease.shard_id = result.shard_id
          AND lease.node_id = result.node_id) AS "resultsOfWinners",
       (SELECT count(*)::int FROM shard WHERE job_id = ANY($1) AND lease_id IS NOT NULL) AS "stillHeld",
       (SELECT count(*)::int FROM event WHERE stream = ANY($1::uuid[]::text[]) AND type = 'job-status'
          AND body->>'status' = 'SUCCEEDED') AS "saidToBeDone"`,
    [jobs],
  );
  expect(counts).toEqual({
    shards,
    succeeded: shards,
    results: shards,
    counted: shards,
    winningLeases: shards,
    resultsOfWinners: shards,
    stillHeld: 0,
    saidToBeDone: jobs.length,
  });
  const torn = await cluster.query(
    `SELECT name FROM event_stream WHERE last_seq <> (SELECT count(*) FROM event WHERE stream = name)`,
  );
  expect(torn, "streams of events with gaps").toEqual([]);
}

/** No lease is open and nothing is in work in the queue. */
export async function expectNothingHeld(cluster: Cluster): Promise<void> {
  const [held] = await cluster.query(
    `SELECT (SELECT count(*)::int FROM lease WHERE ended_at IS NULL) AS leases,
       (SELECT count(*)::int FROM pgboss.job WHERE name = 'shards' AND state < 'completed') AS queued`,
  );
  expect(held).toEqual({ leases: 0, queued: 0 });
}
