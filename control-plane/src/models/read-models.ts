/** Models as people see them, each with what came of holding it against data sets. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import type { CheckStatus } from "../datasets/read-datasets.ts";

export interface ModelView {
  readonly id: string;
  readonly name: string;
  readonly sha256: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly checks: readonly ModelCheckView[];
  /** As registered; only where one model is asked for. */
  readonly manifest?: unknown;
}

export interface ModelCheckView {
  /** The data set's name. */
  readonly dataset: string;
  readonly status: CheckStatus;
  /** Why the model is refused. */
  readonly problem: string | null;
  readonly jobId: string;
  /** CheckModelResult, once it is there; in lists without the counts by class. */
  readonly facts: Readonly<Record<string, unknown>> | null;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly sha256: string;
  readonly created_at: Date;
  readonly created_by: string;
  readonly checks: readonly ModelCheckView[];
  readonly manifest?: unknown;
}

/** @param more columns of `model` beside the usual @param facts an expression over model_check */
const selection = (more: string, facts: string) => `
  SELECT model.id, model.name, model.sha256, model.created_at, model.created_by, ${more}
         coalesce(checked.checks, '[]') AS checks
  FROM model
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(
      jsonb_build_object('dataset', dataset.name, 'status', model_check.status, 'problem', model_check.problem,
                         'jobId', model_check.job_id, 'facts', ${facts})
      ORDER BY model_check.created_at, dataset.name
    ) AS checks
    FROM model_check JOIN dataset ON dataset.id = model_check.dataset_id
    WHERE model_check.model_id = model.id
  ) AS checked ON true`;

/** By name. */
export async function listModels(
  client: Queryable,
): Promise<readonly ModelView[]> {
  const { rows } = await client.query<Row>(
    `${selection("", "model_check.facts - 'canvasesByClass' - 'searchImagesByClass'")} ORDER BY model.name LIMIT 10000`,
  );
  return rows.map(viewOf);
}

/** @throws ControlPlaneError "not-found" */
export async function readModel(
  client: Queryable,
  idOrName: string,
): Promise<ModelView> {
  const { rows } = await client.query<Row>(
    `${selection("model.manifest,", "model_check.facts")} WHERE model.id::text = $1 OR model.name = $1`,
    [idOrName],
  );
  const [row] = rows;
  if (row) return viewOf(row);
  throw new ControlPlaneError(
    "not-found",
    `There is no model "${idOrName}". motif models list shows what there is.`,
  );
}

function viewOf({ created_at, created_by, ...row }: Row): ModelView {
  return {
    id: row.id,
    name: row.name,
    sha256: row.sha256,
    createdAt: created_at.toISOString(),
    createdBy: created_by,
    checks: row.checks.map(({ dataset, status, problem, jobId, facts }) => ({
      dataset,
      status,
      problem,
      jobId,
      facts,
    })),
    ...("manifest" in row && { manifest: row.manifest }),
  };
}
