/** What trainings left; models/register-trained.ts makes models of them. */
import type { Queryable } from "../database/database.ts";
import type { NewEvent } from "../progress/append-events.ts";
import { mergeEpochs } from "../shards/merge-epochs.ts";
import type { TrainedEpoch, TrainResult } from "../shards/shard-result.ts";
import type { AcceptedResult } from "./accepted-result.ts";

export async function writeTrainings(
  client: Queryable,
  trainings: readonly AcceptedResult<TrainResult>[],
): Promise<readonly NewEvent[]> {
  const rounds = await readRounds(
    client,
    trainings.map(({ shardId }) => shardId),
  );
  const { rows } = await client.query<{ shardId: string; name: string }>(
    `INSERT INTO trained_model (shard_id, job_id, name, sha256, manifest, clean_accuracy, clean_accuracy_images,
       attack_success_rate, epochs, train_ms)
     SELECT given.shard_id, shard.job_id, shard.spec->>'name', given.sha256, given.manifest, given.clean_accuracy,
            given.clean_accuracy_images, given.attack_success_rate, given.epochs, given.train_ms
     FROM unnest($1::uuid[], $2::text[], $3::jsonb[], $4::float8[], $5::int[], $6::float8[], $7::jsonb[], $8::float8[])
       AS given (shard_id, sha256, manifest, clean_accuracy, clean_accuracy_images, attack_success_rate, epochs, train_ms)
     JOIN shard ON shard.id = given.shard_id
     RETURNING shard_id AS "shardId", name`,
    [
      trainings.map(({ shardId }) => shardId),
      trainings.map(({ result }) => result.model.sha256),
      trainings.map(({ result }) => JSON.stringify(result.manifest)),
      trainings.map(({ result }) => result.cleanAccuracy),
      trainings.map(({ result }) => result.cleanAccuracyImages),
      trainings.map(({ result }) => result.attackSuccessRate),
      trainings.map(({ shardId, result }) =>
        JSON.stringify(rounds.get(shardId)?.epochs ?? result.epochs),
      ),
      trainings.map(
        ({ shardId, result }) =>
          result.trainMs + (rounds.get(shardId)?.trainMs ?? 0),
      ),
    ],
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

interface Rounds {
  readonly epochs: readonly TrainedEpoch[];
  /** Of all workers together. */
  readonly trainMs: number;
}

/** What was trained in rounds before these shards, by shard; nothing for those that trained all by themselves. */
async function readRounds(
  client: Queryable,
  shardIds: readonly string[],
): Promise<ReadonlyMap<string, Rounds>> {
  const { rows } = await client.query<{
    last: string;
    epochs: readonly TrainedEpoch[];
    trainMs: number;
  }>(
    `SELECT last.id AS last, result.body->'epochs' AS epochs, (result.body->>'trainMs')::float8 AS "trainMs"
     FROM shard AS last
     JOIN shard AS part ON part.job_id = last.job_id AND part."index" < last."index" AND part."index" >= last."index"
       - (last.spec->'recipe'->'spread'->>'workers')::int * (last.spec->'recipe'->'spread'->>'rounds')::int
     JOIN result ON result.shard_id = part.id
     WHERE last.id = ANY($1::uuid[]) AND last.spec->'round' IS NOT NULL`,
    [shardIds],
  );
  return new Map(
    [...Map.groupBy(rows, ({ last }) => last)].map(([last, parts]) => [
      last,
      {
        epochs: mergeEpochs(parts.flatMap(({ epochs }) => epochs)),
        trainMs: parts.reduce((sum, { trainMs }) => sum + trainMs, 0),
      },
    ]),
  );
}
