/** Audits as people see them: of a job's models, from before they are judged; and of one model, newest first. */
import type { Queryable } from "../database/database.ts";
import type { AuditResult } from "../shards/shard-result.ts";
import type { ShardStatus } from "../shards/shard-status.ts";
import type { AuditSettings } from "../shards/shard-spec.ts";
import { requireJob } from "./read-jobs.ts";

export interface AuditView {
  readonly jobId: string;
  readonly shardIndex: number;
  readonly modelId: string;
  readonly model: string;
  readonly datasetId: string;
  readonly dataset: string;
  /** Null: the first there is of test, val, train. */
  readonly split: string | null;
  readonly method: AuditSettings["method"];
  /** How many clean models it is compared with; 0: its classes are compared with each other alone. */
  readonly cleanModels: number;
  /** Of the shard. */
  readonly status: ShardStatus;
  /** 0…1. */
  readonly done: number;
  /** Why there is none: what the shard failed with. */
  readonly problem: string | null;
  /** Null until it is there; the evidence is in its document, an artifact. */
  readonly judged: Omit<AuditResult, "kind"> | null;
  readonly judgedAt: string | null;
}

interface Row extends Omit<AuditView, "judgedAt"> {
  readonly judgedAt: Date | null;
}

/** @param from what rows there are, of `shard` and `model_audit` */
const selection = (from: string) => `
  SELECT shard.job_id AS "jobId", shard."index" AS "shardIndex", model.id AS "modelId", model.name AS model,
         dataset.id AS "datasetId", dataset.name AS dataset, shard.spec #>> '{dataset,split}' AS split,
         shard.spec->>'method' AS method, coalesce(jsonb_array_length(shard.spec->'cleanAudits'), 0) AS "cleanModels", shard.status, shard.done, shard.problem,
         model_audit.summary AS judged, model_audit.created_at AS "judgedAt"
  FROM ${from}
  JOIN job ON job.id = shard.job_id
  JOIN dataset ON dataset.id = job.dataset_id
  JOIN model ON model.id = (shard.spec->>'modelId')::uuid`;

/**
 * @param page shards with an index above `after`, at most `limit`
 * @returns in order of index; none of a job of another kind
 * @throws ControlPlaneError "not-found" where there is no such job
 */
export async function listAudits(
  client: Queryable,
  jobId: string,
  page: { readonly after?: number | undefined; readonly limit: number },
): Promise<readonly AuditView[]> {
  const { kind } = await requireJob(client, jobId);
  if (kind !== "audit") return [];
  const { rows } = await client.query<Row>(
    `${selection("shard LEFT JOIN model_audit ON model_audit.shard_id = shard.id")}
     WHERE shard.job_id = $1 AND shard."index" > $2
     ORDER BY shard."index"
     LIMIT $3`,
    [jobId, page.after ?? -1, page.limit],
  );
  return rows.map(viewOf);
}

/** Newest first. */
export async function listAuditsOfModel(
  client: Queryable,
  modelId: string,
  limit: number,
): Promise<readonly AuditView[]> {
  const { rows } = await client.query<Row>(
    `${selection("model_audit JOIN shard ON shard.id = model_audit.shard_id")}
     WHERE model_audit.model_id = $1
     ORDER BY model_audit.created_at DESC, shard.id
     LIMIT $2`,
    [modelId, limit],
  );
  return rows.map(viewOf);
}

/**
 * What models of one data set can be compared with: of each model's file the newest audit by Motif's own method, if its numbers were finite.
 * @param which all models where absent; `words` are in the name, in any case
 * @returns by the models' names
 */
export async function listComparableAudits(
  client: Queryable,
  on: { readonly datasetId: string; readonly split: string | null },
  which: {
    readonly modelIds?: readonly string[] | undefined;
    readonly words?: readonly string[] | undefined;
    readonly limit: number;
  },
): Promise<readonly AuditView[]> {
  const { rows } = await client.query<Row>(
    `${selection(`model AS candidate
       CROSS JOIN LATERAL (
         SELECT made.* FROM model_audit AS made JOIN shard AS its ON its.id = made.shard_id
         WHERE made.model_id = candidate.id AND made.dataset_id = $1 AND made.method = 'motif'
           AND its.spec #>> '{dataset,split}' IS NOT DISTINCT FROM $2
           AND its.spec #>> '{model,sha256}' = candidate.sha256
           AND made.summary->>'cleanAccuracy' IS NOT NULL
         ORDER BY made.created_at DESC, made.shard_id
         LIMIT 1
       ) AS model_audit
       JOIN shard ON shard.id = model_audit.shard_id`)}
     WHERE ($3::uuid[] IS NULL OR candidate.id = ANY($3))
       AND NOT EXISTS (SELECT FROM unnest($4::text[]) AS word WHERE strpos(lower(candidate.name), lower(word)) = 0)
     ORDER BY candidate.name
     LIMIT $5`,
    [on.datasetId, on.split, which.modelIds, which.words ?? [], which.limit],
  );
  return rows.map(viewOf);
}

const viewOf = (row: Row): AuditView => ({
  ...row,
  judgedAt: row.judgedAt?.toISOString() ?? null,
});
