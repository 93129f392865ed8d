/** What audits say beside each other takes the place of what they said alone: verdict, document, and what lists show of them. */
import type { Queryable } from "../database/database.ts";
import type { NewEvent } from "../progress/append-events.ts";
import type { CompareAuditsResult } from "../shards/shard-result.ts";
import type { AcceptedResult } from "./accepted-result.ts";

/** @returns the events that tell of the audits that changed */
export async function writeComparisons(
  client: Queryable,
  comparisons: readonly AcceptedResult<CompareAuditsResult>[],
): Promise<readonly NewEvent[]> {
  const changed = comparisons.flatMap(({ shardId, jobId, result }) =>
    result.changed.map((audit) => ({ shardId, jobId, audit })),
  );
  if (changed.length === 0) return [];
  const { rows } = await client.query<{
    comparingId: string;
    place: number;
    shardId: string;
    modelId: string;
    name: string;
    verdictBefore: string;
  }>(
    // Costs, images and warnings are the audit's own and stay; so does the time at which the model was judged.
    `UPDATE model_audit SET verdict = given.verdict, probability = given.probability,
       summary = model_audit.summary || given.summary, document_sha256 = given.document_sha256
     FROM unnest($1::uuid[], $2::int[], $3::text[], $4::float8[], $5::jsonb[], $6::text[])
       AS given (comparing_id, place, verdict, probability, summary, document_sha256)
     JOIN (
       SELECT comparing.id, comparing.job_id, listed.place - 1 AS place, (listed.audit->>'index')::int AS "index"
       FROM shard AS comparing, jsonb_array_elements(comparing.spec->'audits') WITH ORDINALITY AS listed (audit, place)
       WHERE comparing.id = ANY($1::uuid[])
     ) AS named ON named.id = given.comparing_id AND named.place = given.place
     JOIN shard AS audited ON audited.job_id = named.job_id AND audited."index" = named."index"
     JOIN model_audit AS before ON before.shard_id = audited.id
     JOIN model ON model.id = before.model_id
     WHERE model_audit.shard_id = before.shard_id
     RETURNING given.comparing_id AS "comparingId", given.place, before.shard_id AS "shardId", model.id AS "modelId", model.name,
       before.verdict AS "verdictBefore"`,
    [
      changed.map(({ shardId }) => shardId),
      changed.map(({ audit }) => audit.place),
      changed.map(({ audit }) => audit.verdict),
      changed.map(({ audit }) => audit.probability),
      changed.map(({ audit: { place: _, peers: _peers, ...summary } }) =>
        JSON.stringify(summary),
      ),
      changed.map(({ audit }) => audit.document.sha256),
    ],
  );
  const keyOf = (comparingId: string, place: number) =>
    `${comparingId} ${place}`;
  const written = new Map(
    rows.map((row) => [keyOf(row.comparingId, row.place), row]),
  );
  return changed.flatMap(({ shardId: comparingId, jobId, audit }) => {
    const row = written.get(keyOf(comparingId, audit.place));
    if (!row) return [];
    const { shardId, modelId, name, verdictBefore } = row;
    const { verdict, probability, targetClassName, peers } = audit;
    return [
      {
        stream: jobId,
        type: "model-audited",
        body: {
          ...{ shardId, modelId, name },
          ...{ verdict, probability, targetClassName },
          ...{ peers, verdictBefore },
        },
      },
      { stream: "cluster", type: "model-audited", body: { modelId, jobId } },
    ];
  });
}
