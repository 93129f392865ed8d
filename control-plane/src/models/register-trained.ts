/** Makes models of what trainings left: registered under their names, held against the data set that they were trained on. */
import { randomUUID } from "node:crypto";
import { recordChange } from "../audit-log/record-change.ts";
import type { Database, Queryable } from "../database/database.ts";
import { readDataset } from "../datasets/read-datasets.ts";
import { appendEvents } from "../progress/append-events.ts";
import type { Manifest } from "./read-model-file.ts";
import { submitCheck } from "./submit-check.ts";

interface Trained {
  readonly shardId: string;
  readonly jobId: string;
  readonly name: string;
  readonly sha256: string;
  readonly manifest: Manifest;
  readonly testSplit: string;
  readonly datasetId: string;
  readonly createdBy: string;
}

/** Of one transaction; the rest comes with the next. */
const mostAtOnce = 20;

/** Several replicas share the work: what one is at, the others leave. @returns how many were registered */
export function registerTrained(database: Database): Promise<number> {
  return database.transaction(async (client) => {
    const { rows } = await client.query<Trained>(
      `SELECT trained.shard_id AS "shardId", trained.job_id AS "jobId", trained.name, trained.sha256, trained.manifest,
              shard.spec->>'testSplit' AS "testSplit", job.dataset_id AS "datasetId", job.created_by AS "createdBy"
       FROM trained_model AS trained
       JOIN shard ON shard.id = trained.shard_id
       JOIN job ON job.id = trained.job_id
       WHERE trained.registered_at IS NULL
       ORDER BY trained.created_at, trained.shard_id
       LIMIT $1
       FOR UPDATE OF trained SKIP LOCKED`,
      [mostAtOnce],
    );
    for (const trained of rows) await register(client, trained);
    return rows.length;
  });
}

async function register(client: Queryable, trained: Trained): Promise<void> {
  const { shardId, jobId, sha256, createdBy } = trained;
  const dataset = await readDataset(client, trained.datasetId);
  const manifest = manifestFor(trained, dataset.split);
  const { id, name } = await insertModel(client, trained, manifest);
  await client.query(
    `UPDATE trained_model SET model_id = $2, registered_at = now() WHERE shard_id = $1`,
    [shardId, id],
  );
  await submitCheck(client, { id, name, sha256, manifest }, dataset, createdBy);
  await recordChange(client, {
    ...{ actor: createdBy, address: null, subject: id },
    action: "model.train",
    details: { name, sha256, jobId, dataset: dataset.name },
  });
  await appendEvents(client, [
    {
      stream: jobId,
      type: "model-registered",
      body: { shardId, modelId: id, name },
    },
  ]);
}

/** A check looks at the registered split: an accuracy of another one is no declaration for it. */
function manifestFor(
  { manifest, testSplit }: Trained,
  registeredSplit: string | null,
): Manifest {
  if ((registeredSplit ?? "test") === testSplit) return manifest;
  const { declaredAccuracy: _other, ...rest } = manifest;
  return rest;
}

/** Where the name was taken while it was trained, the job's is added to it. */
async function insertModel(
  client: Queryable,
  { name, jobId, shardId, sha256, createdBy }: Trained,
  manifest: Manifest,
): Promise<{ readonly id: string; readonly name: string }> {
  const candidates = [
    name,
    `${name} ${jobId.slice(0, 8)}`,
    `${name} ${shardId}`,
  ];
  for (const candidate of candidates) {
    const { rows } = await client.query<{ id: string }>(
      `INSERT INTO model (id, name, sha256, manifest, created_by) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (name) DO NOTHING RETURNING id`,
      [randomUUID(), candidate, sha256, JSON.stringify(manifest), createdBy],
    );
    const [row] = rows;
    if (row) return { id: row.id, name: candidate };
  }
  throw new Error(`no name for the model of shard ${shardId}`);
}
