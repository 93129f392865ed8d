/** What a data set turned out to be: ready to be used, or refused. */
import type { Queryable } from "../database/database.ts";
import type { NewEvent } from "../progress/append-events.ts";
import type { InspectDatasetResult } from "../shards/shard-result.ts";
import type { AcceptedResult } from "./accepted-result.ts";

export async function writeInspection(
  client: Queryable,
  { jobId, result }: AcceptedResult<InspectDatasetResult>,
): Promise<NewEvent> {
  const { refusal, format, digest, images, classNames } = result;
  const { imagesByClass, samples } = result;
  const isReady = refusal === null;
  const status = isReady ? "READY" : "REFUSED";
  const { rows } = await client.query<{ datasetId: string }>(
    `UPDATE dataset SET status = $2, problem = $3, format = $4, digest = $5, image_count = $6, class_names = $7,
       images_by_class = $8, samples = $9
     FROM job WHERE job.id = $1 AND dataset.id = job.dataset_id
     RETURNING dataset.id AS "datasetId"`,
    [
      jobId,
      status,
      refusal,
      isReady ? format : null,
      isReady ? digest : null,
      isReady ? images : null,
      isReady ? classNames : [],
      isReady && imagesByClass ? JSON.stringify(imagesByClass) : null,
      isReady && samples ? JSON.stringify(samples) : null,
    ],
  );
  return {
    stream: "cluster",
    type: "dataset-inspected",
    body: { ...rows[0], status, problem: refusal },
  };
}
