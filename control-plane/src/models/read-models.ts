/** Models as people see them, each with what came of holding it against data sets and of the newest search of all its classes. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import type { CheckStatus } from "../datasets/read-datasets.ts";
import type { JobKind, JobStatus } from "../jobs/job.ts";
import type { VerdictName } from "../shards/shard-result.ts";
import type { SearchSummary } from "../shards/search-summary.ts";
import {
  standingOf,
  type ReviewStanding,
  type ReviewStatus,
} from "./review.ts";

export const modelSettings = [
  "natural",
  "poisoned",
  "adversarial",
  "unknown",
] as const;
/** How it was trained, as its manifest says. */
export type ModelSetting = (typeof modelSettings)[number];

export interface ModelView {
  readonly id: string;
  readonly name: string;
  readonly sha256: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly setting: ModelSetting;
  /** Name of the data set of its first check, of those that are good if there are. */
  readonly dataset: string | null;
  readonly numClasses: number | null;
  /** 0…1, as the manifest says. */
  readonly declaredAccuracy: number | null;
  /** 0…1, as measured on that data set. */
  readonly cleanAccuracy: number | null;
  /** 0…1, of its newest evaluation under attack. */
  readonly robustAccuracy: number | null;
  /** What its newest audit says, by Motif's own method. */
  readonly audit: AuditStanding | null;
  /** Of its newest check. */
  readonly status: CheckStatus;
  /** In the order of the alphabet. */
  readonly tags: readonly string[];
  /** Of the model as a whole. */
  readonly review: ReviewStanding;
  readonly lastJob: LastJob | null;
  readonly evidence: ModelEvidence | null;
  readonly checks: readonly ModelCheckView[];
  /** As registered; only where one model is asked for. */
  readonly manifest?: unknown;
}

export interface LastJob {
  readonly id: string;
  readonly name: string;
  readonly kind: JobKind;
  readonly status: JobStatus;
  readonly createdAt: string;
}

/** A verdict without its evidence, which the document has. */
export interface AuditStanding {
  readonly jobId: string;
  readonly verdict: VerdictName;
  /** Of a backdoor, 0…1; null where nothing can be said. */
  readonly probability: number | null;
  /** The class that stands out; null where images go to several. */
  readonly targetClass: number | null;
  readonly targetClassName: string | null;
  readonly pValue: number | null;
  readonly documentSha256: string;
  readonly judgedAt: string;
}

/** What the newest search of all classes says; results/anomaly.ts. Without a `reason`, all the rest is there. */
export interface ModelEvidence {
  readonly jobId: string;
  /** The class with the smallest k*. */
  readonly targetClass: number | null;
  readonly className: string | null;
  readonly anomalyIndex: number | null;
  readonly medianKStar: number | null;
  readonly kStar: number | null;
  /** What the index exceeds in 5% of clean models. */
  readonly threshold: number | null;
  /** Why nothing can be said. */
  readonly reason: string | null;
}

export interface ModelCheckView {
  /** The data set's name. */
  readonly dataset: string;
  readonly status: CheckStatus;
  /** Why the model is refused. */
  readonly problem: string | null;
  readonly jobId: string;
  /** CheckModelResult, once it is there; in lists without what there is of each class. */
  readonly facts: Readonly<Record<string, unknown>> | null;
}

/** What a selection gives. */
export interface ModelRow {
  readonly id: string;
  readonly name: string;
  readonly sha256: string;
  readonly created_at: Date;
  readonly created_by: string;
  readonly setting: ModelSetting;
  readonly declared_accuracy: unknown;
  /** Oldest first. */
  readonly checks: readonly ModelCheckView[];
  readonly last_job: Omit<LastJob, "createdAt"> | null;
  readonly last_job_at: Date | null;
  readonly robust_accuracy: number | null;
  readonly audit: Omit<AuditStanding, "judgedAt"> | null;
  readonly audited_at: Date | null;
  readonly tags: readonly string[];
  readonly review_status: ReviewStatus | null;
  readonly review_author: string;
  readonly review_at: Date;
  readonly evidence_job_id: string | null;
  readonly summary: SearchSummary | null;
  readonly manifest?: unknown;
}

/** @param more columns of `model` beside the usual @param facts an expression over model_check */
export const selection = (more: string, facts: string) => `
  SELECT model.id, model.name, model.sha256, model.created_at, model.created_by, ${more}
         CASE WHEN jsonb_typeof(model.brief_manifest #> '{training,adversary}') = 'object' THEN 'adversarial'
              WHEN model.brief_manifest #>> '{groundTruth,status}' = 'poisoned' THEN 'poisoned'
              WHEN model.brief_manifest #>> '{groundTruth,status}' = 'clean' THEN 'natural'
              ELSE 'unknown' END AS setting,
         model.brief_manifest -> 'declaredAccuracy' AS declared_accuracy,
         coalesce(checked.checks, '[]') AS checks,
         newest.job AS last_job, newest.created_at AS last_job_at,
         attacked.robust_accuracy, audited.audit, audited.created_at AS audited_at, ARRAY(SELECT tag FROM model_tag WHERE model_id = model.id ORDER BY tag COLLATE "C") AS tags,
         reviewed.status AS review_status, reviewed.author AS review_author, reviewed.created_at AS review_at, searched.id AS evidence_job_id, searched.summary
  FROM model
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(
      jsonb_build_object('dataset', dataset.name, 'status', model_check.status, 'problem', model_check.problem,
                         'jobId', model_check.job_id, 'facts', ${facts})
      ORDER BY model_check.created_at, dataset.name
    ) AS checks
    FROM model_check JOIN dataset ON dataset.id = model_check.dataset_id
    WHERE model_check.model_id = model.id
  ) AS checked ON true
  LEFT JOIN LATERAL (
    SELECT jsonb_build_object('id', job.id, 'name', job.name, 'kind', job.kind, 'status', job.status) AS job, job.created_at
    FROM job WHERE job.model_id = model.id ORDER BY job.created_at DESC LIMIT 1
  ) AS newest ON true
  LEFT JOIN LATERAL (
    SELECT evaluation.robust_accuracy
    FROM evaluation WHERE evaluation.model_id = model.id AND evaluation.robust_accuracy IS NOT NULL
    ORDER BY evaluation.created_at DESC LIMIT 1
  ) AS attacked ON true
  LEFT JOIN LATERAL (
    SELECT jsonb_build_object('jobId', job_id, 'verdict', verdict, 'probability', probability, 'targetClass', summary->'targetClass',
                              'targetClassName', summary->'targetClassName', 'pValue', summary->'pValue',
                              'documentSha256', document_sha256) AS audit, created_at
    FROM model_audit WHERE model_audit.model_id = model.id AND method = 'motif' ORDER BY created_at DESC LIMIT 1
  ) AS audited ON true
  LEFT JOIN LATERAL (
    SELECT job.id, job.summary
    FROM job WHERE job.model_id = model.id AND job.status = 'SUCCEEDED' AND job.summary IS NOT NULL
    ORDER BY job.created_at DESC LIMIT 1
  ) AS searched ON true
  LEFT JOIN LATERAL (
    SELECT review_entry.status, author, review_entry.created_at
    FROM review_entry
    WHERE model_id = model.id AND class_index IS NULL AND review_entry.status IS NOT NULL AND model_sha256 = model.sha256
    ORDER BY review_entry.id DESC LIMIT 1
  ) AS reviewed ON true`;

/** @throws ControlPlaneError "not-found" */
export async function readModel(
  client: Queryable,
  idOrName: string,
): Promise<ModelView> {
  const { rows } = await client.query<ModelRow>(
    `${selection("model.manifest,", "model_check.facts")} WHERE model.id::text = $1 OR model.name = $1`,
    [idOrName],
  );
  const [row] = rows;
  if (row) return viewOf(row);
  throw unknownModel(idOrName);
}

/** @returns its id @throws ControlPlaneError "not-found" */
export async function requireModel(
  client: Queryable,
  idOrName: string,
): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    "SELECT id FROM model WHERE id::text = $1 OR name = $1",
    [idOrName],
  );
  const [row] = rows;
  if (row) return row.id;
  throw unknownModel(idOrName);
}

export const unknownModel = (idOrName: string): ControlPlaneError =>
  new ControlPlaneError(
    "not-found",
    `There is no model "${idOrName}". motif models list shows what there is.`,
  );

export function viewOf(row: ModelRow): ModelView {
  const { checks, last_job, last_job_at } = row;
  const good = checks.find(({ status }) => status === "READY");
  const accuracy = row.declared_accuracy;
  return {
    id: row.id,
    name: row.name,
    sha256: row.sha256,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    setting: row.setting,
    dataset: (good ?? checks[0])?.dataset ?? null,
    numClasses: numberIn(good?.facts, "numClasses"),
    // A manifest is as it was registered: its check says what is wrong with it.
    declaredAccuracy: typeof accuracy === "number" ? accuracy : null,
    cleanAccuracy: numberIn(good?.facts, "cleanAccuracy"),
    robustAccuracy: row.robust_accuracy,
    audit: row.audit &&
      row.audited_at && {
        ...row.audit,
        judgedAt: row.audited_at.toISOString(),
      },
    status: checks.at(-1)?.status ?? "CHECKING",
    tags: row.tags,
    review: standingOf(
      row.review_status === null
        ? undefined
        : {
            status: row.review_status,
            author: row.review_author,
            at: row.review_at,
          },
    ),
    lastJob: last_job &&
      last_job_at && {
        id: last_job.id,
        name: last_job.name,
        kind: last_job.kind,
        status: last_job.status,
        createdAt: last_job_at.toISOString(),
      },
    evidence: evidenceOf(row),
    checks: checks.map(({ dataset, status, problem, jobId, facts }) => ({
      dataset,
      status,
      problem,
      jobId,
      facts,
    })),
    ...("manifest" in row && { manifest: row.manifest }),
  };
}

function evidenceOf({
  evidence_job_id,
  summary,
}: ModelRow): ModelEvidence | null {
  if (evidence_job_id === null || !summary) return null;
  const { outlier, reason } = summary;
  return {
    jobId: evidence_job_id,
    targetClass: outlier?.targetClass ?? null,
    className: outlier?.className ?? null,
    anomalyIndex: outlier?.anomalyIndex ?? null,
    medianKStar: outlier?.medianKStar ?? null,
    kStar: outlier?.kStar ?? null,
    threshold: outlier?.threshold ?? null,
    reason,
  };
}

function numberIn(
  facts: Readonly<Record<string, unknown>> | null | undefined,
  name: string,
): number | null {
  const value = facts?.[name];
  return typeof value === "number" ? value : null;
}
