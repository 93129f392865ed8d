/** What audits say of models; jobs/list-audits.ts reads it. */
import type { Queryable } from "../database/database.ts";
import type { NewEvent } from "../progress/append-events.ts";
import type { AuditResult } from "../shards/shard-result.ts";
import type { AcceptedResult } from "./accepted-result.ts";

export async function writeAudits(
  client: Queryable,
  audits: readonly AcceptedResult<AuditResult>[],
): Promise<readonly NewEvent[]> {
  const { rows } = await client.query<{
    shardId: string;
    modelId: string;
    name: string;
  }>(
    `WITH written AS (
       INSERT INTO model_audit (shard_id, job_id, model_id, dataset_id, method, verdict, probability, summary, document_sha256)
       SELECT given.shard_id, job.id, (shard.spec->>'modelId')::uuid, job.dataset_id, shard.spec->>'method',
              given.verdict, given.probability, given.summary, given.document_sha256
       FROM unnest($1::uuid[], $2::text[], $3::float8[], $4::jsonb[], $5::text[])
         AS given (shard_id, verdict, probability, summary, document_sha256)
       JOIN shard ON shard.id = given.shard_id
       JOIN job ON job.id = shard.job_id
       RETURNING shard_id, model_id
     )
     SELECT written.shard_id AS "shardId", model.id AS "modelId", model.name
     FROM written JOIN model ON model.id = written.model_id`,
    [
      audits.map(({ shardId }) => shardId),
      audits.map(({ result }) => result.verdict),
      audits.map(({ result }) => result.probability),
      audits.map(({ result: { kind: _, ...summary } }) =>
        JSON.stringify(summary),
      ),
      audits.map(({ result }) => result.document.sha256),
    ],
  );
  const models = new Map(rows.map((row) => [row.shardId, row]));
  return audits.flatMap(({ jobId, shardId, result }) => {
    const { modelId, name } = models.get(shardId) ?? {};
    const { verdict, probability, targetClassName } = result;
    return [
      {
        stream: jobId,
        type: "model-audited",
        body: {
          ...{ shardId, modelId, name },
          ...{ verdict, probability, targetClassName },
        },
      },
      { stream: "cluster", type: "model-audited", body: { modelId, jobId } },
    ];
  });
}
