/** A check or inspection that was given up and is tried again: nobody knows yet what comes of it. */
import type { Queryable } from "../database/database.ts";
import type { NewEvent } from "../progress/append-events.ts";

/** Undoes what refuse-checked.ts did. @param jobId of any kind @returns the events that tell of it */
export async function reopenChecks(
  client: Queryable,
  jobId: string,
): Promise<readonly NewEvent[]> {
  const checks = await client.query<{ modelId: string; datasetId: string }>(
    `UPDATE model_check SET status = 'CHECKING', problem = NULL WHERE job_id = $1 AND status = 'REFUSED'
     RETURNING model_id AS "modelId", dataset_id AS "datasetId"`,
    [jobId],
  );
  const inspections = await client.query<{ datasetId: string }>(
    `UPDATE dataset SET status = 'CHECKING', problem = NULL
     FROM job WHERE job.id = $1 AND job.kind = 'inspect-dataset' AND dataset.id = job.dataset_id AND dataset.status = 'REFUSED'
     RETURNING dataset.id AS "datasetId"`,
    [jobId],
  );
  const told = (type: string) => (row: object) => ({
    stream: "cluster",
    type,
    body: { ...row, status: "CHECKING", problem: null },
  });
  return [
    ...checks.rows.map(told("model-checked")),
    ...inspections.rows.map(told("dataset-inspected")),
  ];
}
