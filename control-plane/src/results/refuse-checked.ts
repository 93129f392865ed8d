/** A check or inspection that was given up leaves its model or data set refused, with what went wrong. */
import type { Queryable } from "../database/database.ts";
import type { NewEvent } from "../progress/append-events.ts";

/** @param given jobs, of any kind, a shard of which is dead or cancelled @returns the events that tell of it */
export async function refuseChecked(
  client: Queryable,
  given: readonly { readonly jobId: string; readonly problem: string }[],
): Promise<readonly NewEvent[]> {
  if (given.length === 0) return [];
  const values = [
    given.map(({ jobId }) => jobId),
    given.map(({ problem }) => problem),
  ];
  const checks = await client.query<{
    modelId: string;
    datasetId: string;
    problem: string;
  }>(
    `UPDATE model_check SET status = 'REFUSED', problem = given.problem
     FROM unnest($1::uuid[], $2::text[]) AS given (job_id, problem)
     WHERE model_check.job_id = given.job_id AND model_check.status = 'CHECKING'
     RETURNING model_id AS "modelId", dataset_id AS "datasetId", model_check.problem`,
    values,
  );
  const inspections = await client.query<{
    datasetId: string;
    problem: string;
  }>(
    `UPDATE dataset SET status = 'REFUSED', problem = given.problem
     FROM unnest($1::uuid[], $2::text[]) AS given (job_id, problem)
     JOIN job ON job.id = given.job_id AND job.kind = 'inspect-dataset'
     WHERE dataset.id = job.dataset_id AND dataset.status = 'CHECKING'
     RETURNING dataset.id AS "datasetId", dataset.problem`,
    values,
  );
  const told = (type: string) => (row: { readonly problem: string }) => ({
    stream: "cluster",
    type,
    body: { ...row, status: "REFUSED" },
  });
  return [
    ...checks.rows.map(told("model-checked")),
    ...inspections.rows.map(told("dataset-inspected")),
  ];
}
