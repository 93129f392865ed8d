/**
 * Has a node hold a model against a data set. It need not wait for the data set's inspection: the node that checks opens the data
 * set too, and says what is wrong with either.
 */
import { randomUUID } from "node:crypto";
import type { Queryable } from "../database/database.ts";
import { referenceOf, type DatasetView } from "../datasets/read-datasets.ts";
import { insertJob } from "../jobs/insert-job.ts";
import { checkWeight } from "../jobs/job.ts";
import { indexedShardId } from "../shards/shard-id.ts";
import type { CheckModelSpec, ModelReference } from "../shards/shard-spec.ts";

/** In the caller's transaction. A check of the same two that has ended is replaced. @returns the check's job */
export async function submitCheck(
  client: Queryable,
  model: ModelReference & { readonly id: string },
  dataset: DatasetView,
  actor: string,
): Promise<string> {
  const jobId = randomUUID();
  const { sha256, manifest, name } = model;
  const spec: CheckModelSpec = {
    kind: "check-model",
    model: { sha256, manifest, name },
    dataset: referenceOf(dataset),
    backend: "auto",
  };
  await insertJob(
    client,
    {
      id: jobId,
      kind: "check-model",
      name: `Check of ${name} on ${dataset.name}`,
      weight: checkWeight,
      modelId: model.id,
      datasetId: dataset.id,
      parameters: {},
      createdBy: actor,
      shardCount: 1,
    },
    { ...spec },
    [{ id: indexedShardId(jobId, "check-model", 0), part: {} }],
  );
  await client.query(
    `INSERT INTO model_check (model_id, dataset_id, job_id) VALUES ($1, $2, $3)
     ON CONFLICT (model_id, dataset_id)
     DO UPDATE SET job_id = $3, status = 'CHECKING', problem = NULL, facts = NULL, created_at = now()`,
    [model.id, dataset.id, jobId],
  );
  return jobId;
}
