/** Evaluations as people see them: of a job's models, from before they are measured; and of one model, newest first. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import type {
  EvaluatedClass,
  EvaluateResult,
  MeasuredShare,
  RobustEvaluation,
} from "../shards/shard-result.ts";
import type { ShardStatus } from "../shards/shard-status.ts";
import { requireJob } from "./read-jobs.ts";

export interface EvaluationView {
  readonly jobId: string;
  readonly shardIndex: number;
  readonly modelId: string;
  readonly model: string;
  readonly datasetId: string;
  readonly dataset: string;
  /** Null: the first there is of test, val, train. */
  readonly split: string | null;
  /** Of the shard. */
  readonly status: ShardStatus;
  /** 0…1. */
  readonly done: number;
  /** Null until it is measured. */
  readonly measured: MeasuredModel | null;
  readonly measuredAt: string | null;
}

/** What there is of each class is only where one evaluation is asked for. */
export type MeasuredModel = Omit<
  EvaluateResult,
  "kind" | "clean" | "robustness"
> & {
  readonly clean: Omit<EvaluateResult["clean"], "classes"> & {
    readonly classes?: readonly EvaluatedClass[];
  };
  readonly robustness:
    | (Omit<RobustEvaluation, "classes"> & {
        readonly classes?: readonly MeasuredShare[];
      })
    | null;
};

interface Row extends Omit<EvaluationView, "measuredAt"> {
  readonly measuredAt: Date | null;
}

/** @param from what rows there are, of `shard` and `evaluation` */
const selection = (from: string) => `
  SELECT shard.job_id AS "jobId", shard."index" AS "shardIndex", model.id AS "modelId", model.name AS model,
         dataset.id AS "datasetId", dataset.name AS dataset, shard.spec #>> '{dataset,split}' AS split, shard.status, shard.done,
         evaluation.brief AS measured, evaluation.created_at AS "measuredAt"
  FROM ${from}
  JOIN job ON job.id = shard.job_id
  JOIN dataset ON dataset.id = job.dataset_id
  JOIN model ON model.id = (shard.spec->>'modelId')::uuid`;

/**
 * @param page shards with an index above `after`, at most `limit`
 * @returns in order of index; none of a job of another kind
 * @throws ControlPlaneError "not-found" where there is no such job
 */
export async function listEvaluations(
  client: Queryable,
  jobId: string,
  page: { readonly after?: number | undefined; readonly limit: number },
): Promise<readonly EvaluationView[]> {
  const { kind } = await requireJob(client, jobId);
  if (kind !== "evaluate") return [];
  const { rows } = await client.query<Row>(
    `${selection("shard LEFT JOIN evaluation ON evaluation.shard_id = shard.id")}
     WHERE shard.job_id = $1 AND shard."index" > $2
     ORDER BY shard."index"
     LIMIT $3`,
    [jobId, page.after ?? -1, page.limit],
  );
  return rows.map(viewOf);
}

/** Newest first. */
export async function listEvaluationsOfModel(
  client: Queryable,
  modelId: string,
  limit: number,
): Promise<readonly EvaluationView[]> {
  const { rows } = await client.query<Row>(
    `${selection("evaluation JOIN shard ON shard.id = evaluation.shard_id")}
     WHERE evaluation.model_id = $1
     ORDER BY evaluation.created_at DESC, shard.id
     LIMIT $2`,
    [modelId, limit],
  );
  return rows.map(viewOf);
}

/**
 * One evaluation with all its classes.
 * @param index as it stands in the address
 * @throws ControlPlaneError "not-found" where there is no such job, or no such shard of it
 */
export async function readEvaluation(
  client: Queryable,
  jobId: string,
  index: string,
): Promise<EvaluationView> {
  const shardIndex = /^\d{1,9}$/.test(index) ? Number(index) : -1;
  const [view] = await listEvaluations(client, jobId, {
    after: shardIndex - 1,
    limit: 1,
  });
  if (view?.shardIndex !== shardIndex)
    throw new ControlPlaneError(
      "not-found",
      `The job ${jobId} has no evaluation ${index}.`,
    );
  const { measured } = view;
  if (!measured) return view;
  const { rows } = await client.query<{
    classes: {
      readonly clean: readonly EvaluatedClass[];
      readonly robust: readonly MeasuredShare[] | null;
    };
  }>(
    `SELECT classes FROM evaluation JOIN shard ON shard.id = evaluation.shard_id WHERE shard.job_id = $1 AND shard."index" = $2`,
    [jobId, shardIndex],
  );
  const { clean, robust } = rows[0]!.classes;
  return {
    ...view,
    measured: {
      ...measured,
      clean: { ...measured.clean, classes: clean },
      robustness:
        measured.robustness && robust
          ? { ...measured.robustness, classes: robust }
          : null,
    },
  };
}

const viewOf = (row: Row): EvaluationView => ({
  ...row,
  measuredAt: row.measuredAt?.toISOString() ?? null,
});
