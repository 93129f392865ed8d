/** What came of holding a model against a data set: ready to be searched, or refused. */
import type { Queryable } from "../database/database.ts";
import type { NewEvent } from "../progress/append-events.ts";
import type { CheckModelResult } from "../shards/shard-result.ts";
import type { AcceptedResult } from "./accepted-result.ts";

export async function writeCheck(
  client: Queryable,
  { jobId, result }: AcceptedResult<CheckModelResult>,
): Promise<NewEvent> {
  const status = result.refusal === null ? "READY" : "REFUSED";
  const { rows } = await client.query<{ modelId: string; datasetId: string }>(
    `UPDATE model_check SET status = $2, problem = $3, facts = $4 WHERE job_id = $1
     RETURNING model_id AS "modelId", dataset_id AS "datasetId"`,
    [
      jobId,
      status,
      result.refusal,
      result.refusal === null ? JSON.stringify(result) : null,
    ],
  );
  return {
    stream: "cluster",
    type: "model-checked",
    body: { ...rows[0], status, problem: result.refusal },
  };
}
