/**
 * What comes after a job's audits: when the last of them has ended, the shard that compares what they left. In the transaction that ends
 * the last shard, with the job locked: either both are there or neither. Until then the job counts it as its further one; where too few
 * audits succeeded, that is taken back, and the job ends without.
 */
import type { Queryable } from "../database/database.ts";
import type { NewEvent } from "../progress/append-events.ts";
import { indexedShardId } from "../shards/shard-id.ts";
import {
  fewestCompared,
  type CompareAuditsSpec,
  type JudgedAudit,
} from "../shards/shard-spec.ts";

const kind = "compare-audits" satisfies CompareAuditsSpec["kind"];

/**
 * @param jobIds of audits whose shards have all ended and that have a further one
 * @returns the events of comparisons that began, and the jobs that have nothing to compare
 */
export async function beginComparisons(
  client: Queryable,
  jobIds: readonly string[],
): Promise<{
  readonly events: readonly NewEvent[];
  readonly without: readonly string[];
}> {
  const events: NewEvent[] = [];
  const without: string[] = [];
  for (const jobId of jobIds) {
    const audits = await readAudits(client, jobId);
    const before = await countCompared(client, jobId);
    if (audits.length < fewestCompared || audits.length === before) {
      await client.query(`UPDATE job SET further_count = 0 WHERE id = $1`, [
        jobId,
      ]);
      without.push(jobId);
      continue;
    }
    await insertShard(client, jobId, audits);
    events.push({
      stream: jobId,
      type: "comparison-began",
      body: { models: audits.length },
    });
  }
  return { events, without };
}

/**
 * Once dead audits are to be tried again, and with the job locked: what was compared before says nothing of them, so that the job has a
 * further shard again.
 */
export async function planComparisonAgain(
  client: Queryable,
  jobId: string,
): Promise<void> {
  await client.query(
    `UPDATE job SET further_count = 1
     WHERE id = $1 AND parameters @> '{"isCompared": true}'
       AND EXISTS (SELECT FROM shard WHERE job_id = $1 AND status = 'PENDING' AND spec->>'kind' = 'audit')`,
    [jobId],
  );
}

async function readAudits(
  client: Queryable,
  jobId: string,
): Promise<readonly JudgedAudit[]> {
  const { rows } = await client.query<JudgedAudit>(
    `SELECT shard."index", shard.spec #>> '{model,name}' AS model, model_audit.document_sha256 AS sha256
     FROM model_audit JOIN shard ON shard.id = model_audit.shard_id
     WHERE model_audit.job_id = $1
     ORDER BY shard."index"`,
    [jobId],
  );
  return rows;
}

/** Audits are only ever added: as many as before are the same. */
async function countCompared(
  client: Queryable,
  jobId: string,
): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT coalesce(max(jsonb_array_length(spec->'audits')), 0) AS count
     FROM shard WHERE job_id = $1 AND status = 'SUCCEEDED' AND spec->>'kind' = $2`,
    [jobId, kind],
  );
  return rows[0]!.count;
}

/** A comparison that was given up is not tried again beside a newer one: it would undo that with fewer models. */
async function insertShard(
  client: Queryable,
  jobId: string,
  audits: readonly JudgedAudit[],
): Promise<void> {
  const { rows } = await client.query<{ index: number; given_up: number }>(
    `WITH given_up AS (
       UPDATE shard SET status = 'CANCELLED', updated_at = now()
       WHERE job_id = $1 AND status = 'DEAD' AND spec->>'kind' = $2
       RETURNING id)
     SELECT max("index") + 1 AS "index", (SELECT count(*)::int FROM given_up) AS given_up FROM shard WHERE job_id = $1`,
    [jobId, kind],
  );
  const { index, given_up: givenUp } = rows[0]!;
  const spec: CompareAuditsSpec = { kind, audits };
  await client.query(
    `INSERT INTO shard (id, job_id, "index", spec) VALUES ($1, $2, $3, $4)`,
    [indexedShardId(jobId, kind, index), jobId, index, JSON.stringify(spec)],
  );
  await client.query(
    `UPDATE job SET shard_count = shard_count + 1, further_count = 0,
       dead_count = dead_count - $2, cancelled_count = cancelled_count + $2
     WHERE id = $1`,
    [jobId, givenUp],
  );
}
