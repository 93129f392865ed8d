/** What trainings left; models/register-trained.ts makes models of them. */
import type { Queryable } from "../database/database.ts";
import type { NewEvent } from "../progress/append-events.ts";
import type { TrainResult } from "../shards/shard-result.ts";
import type { AcceptedResult } from "./accepted-result.ts";
import { writeEpochs } from "./write-epochs.ts";

export async function writeTrainings(
  client: Queryable,
  trainings: readonly AcceptedResult<TrainResult>[],
): Promise<readonly NewEvent[]> {
  const { rows } = await client.query<{ shardId: string; name: string }>(
    `INSERT INTO trained_model (shard_id, job_id, name, sha256, manifest, clean_accuracy, clean_accuracy_images,
       attack_success_rate, train_ms)
     SELECT given.shard_id, shard.job_id, shard.spec->>'name', given.sha256, given.manifest, given.clean_accuracy,
            given.clean_accuracy_images, given.attack_success_rate, given.train_ms
     FROM unnest($1::uuid[], $2::text[], $3::jsonb[], $4::float8[], $5::int[], $6::float8[], $7::float8[])
       AS given (shard_id, sha256, manifest, clean_accuracy, clean_accuracy_images, attack_success_rate, train_ms)
     JOIN shard ON shard.id = given.shard_id
     RETURNING shard_id AS "shardId", name`,
    [
      trainings.map(({ shardId }) => shardId),
      trainings.map(({ result }) => result.model.sha256),
      trainings.map(({ result }) => JSON.stringify(result.manifest)),
      trainings.map(({ result }) => result.cleanAccuracy),
      trainings.map(({ result }) => result.cleanAccuracyImages),
      trainings.map(({ result }) => result.attackSuccessRate),
      trainings.map(({ result }) => result.trainMs),
    ],
  );
  await writeEpochs(
    client,
    trainings.map(({ shardId, nodeId, result }) => ({
      ...{ shardId, nodeId, hasEnded: true },
      epochs: result.epochs,
    })),
  );
  await client.query(`SELECT pg_notify('motif_trained', '')`);
  const names = new Map(rows.map(({ shardId, name }) => [shardId, name]));
  return trainings.map(({ jobId, shardId, result }) => ({
    stream: jobId,
    type: "model-trained",
    body: {
      shardId,
      name: names.get(shardId),
      cleanAccuracy: result.cleanAccuracy,
      attackSuccessRate: result.attackSuccessRate,
    },
  }));
}
