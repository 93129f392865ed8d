/**
 * Epochs of trainings, a row each: one that is told twice is written once, and what was told last counts. Of long trainings only some
 * are kept (thin-epochs.ts), so that rows and events stay few however many epochs there are.
 */
import type { Queryable } from "../database/database.ts";
import type { TrainedEpoch } from "../shards/training-progress.ts";
import { isLong, strideOf } from "./thin-epochs.ts";

export interface ToldEpochs {
  readonly shardId: string;
  readonly nodeId: string;
  readonly epochs: readonly TrainedEpoch[];
  /** The training has ended: its last epoch is kept, whichever it is. */
  readonly hasEnded: boolean;
}

/** An epoch that was not known so. */
export interface WrittenEpoch {
  readonly jobId: string;
  readonly shardId: string;
  /** Of the shard. */
  readonly index: number;
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
}

/** In the transaction that has found the leases to count. Only of jobs that train. */
export async function writeEpochs(
  client: Queryable,
  told: readonly ToldEpochs[],
): Promise<readonly WrittenEpoch[]> {
  const newest = await findNewest(client, told);
  const rows = told.flatMap(({ shardId, nodeId, epochs, hasEnded }) => {
    const last = newest.get(shardId)!;
    const stride = strideOf(last);
    const isKept = ({ epoch }: TrainedEpoch) =>
      epoch === 1 || epoch % stride === 0 || (hasEnded && epoch === last);
    return [
      ...new Map(epochs.map((each) => [each.epoch, each])).values(),
    ].flatMap((epoch) => (isKept(epoch) ? [{ shardId, nodeId, epoch }] : []));
  });
  if (rows.length === 0) return [];
  const { rows: written } = await client.query<WrittenEpoch>(
    `WITH written AS (
       INSERT INTO training_epoch (shard_id, epoch, loss, accuracy, learning_rate, images_per_second, images, node_id)
       SELECT given.* FROM unnest($1::uuid[], $2::int[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::bigint[], $8::uuid[])
         AS given (shard_id, epoch, loss, accuracy, learning_rate, images_per_second, images, node_id)
       JOIN shard ON shard.id = given.shard_id
       JOIN job ON job.id = shard.job_id AND job.kind = 'train'
       ON CONFLICT (shard_id, epoch) DO UPDATE SET loss = excluded.loss, accuracy = excluded.accuracy,
         learning_rate = excluded.learning_rate, images_per_second = excluded.images_per_second, images = excluded.images, node_id = excluded.node_id
       WHERE (training_epoch.loss, training_epoch.accuracy, training_epoch.learning_rate, training_epoch.images_per_second,
              training_epoch.images, training_epoch.node_id)
         IS DISTINCT FROM (excluded.loss, excluded.accuracy, excluded.learning_rate, excluded.images_per_second, excluded.images, excluded.node_id)
       RETURNING shard_id, epoch, loss, accuracy)
     SELECT shard.job_id AS "jobId", shard.id AS "shardId", shard."index", epoch, loss, accuracy
     FROM written JOIN shard ON shard.id = written.shard_id
     ORDER BY shard."index", epoch`,
    [
      rows.map(({ shardId }) => shardId),
      rows.map(({ epoch }) => epoch.epoch),
      rows.map(({ epoch }) => epoch.loss),
      rows.map(({ epoch }) => epoch.accuracy),
      rows.map(({ epoch }) => epoch.learningRate),
      rows.map(({ epoch }) => epoch.imagesPerSecond),
      rows.map(({ epoch }) => epoch.images),
      rows.map(({ nodeId }) => nodeId),
    ],
  );
  await thin(client, newest);
  return written;
}

/** @returns by shard, the last epoch that was ever told; of short trainings, that is told now */
async function findNewest(
  client: Queryable,
  told: readonly ToldEpochs[],
): Promise<ReadonlyMap<string, number>> {
  const newest = new Map(
    told.map(({ shardId, epochs }) => [
      shardId,
      Math.max(0, ...epochs.map(({ epoch }) => epoch)),
    ]),
  );
  const long = [...newest].flatMap(([id, epoch]) => (isLong(epoch) ? id : []));
  if (long.length === 0) return newest;
  const { rows } = await client.query<{ id: string; epoch: number }>(
    `SELECT shard_id AS id, max(epoch) AS epoch FROM training_epoch WHERE shard_id = ANY($1::uuid[]) GROUP BY shard_id`,
    [long],
  );
  for (const { id, epoch } of rows)
    newest.set(id, Math.max(epoch, newest.get(id)!));
  return newest;
}

/** Rows that were kept while there were fewer. */
async function thin(
  client: Queryable,
  newest: ReadonlyMap<string, number>,
): Promise<void> {
  const long = [...newest].filter(([, epoch]) => isLong(epoch));
  if (long.length === 0) return;
  await client.query(
    `DELETE FROM training_epoch USING unnest($1::uuid[], $2::int[], $3::int[]) AS long (shard_id, newest, stride)
     WHERE training_epoch.shard_id = long.shard_id AND epoch > 1 AND epoch <> newest AND epoch % stride <> 0`,
    [
      long.map(([shardId]) => shardId),
      long.map(([, epoch]) => epoch),
      long.map(([, epoch]) => strideOf(epoch)),
    ],
  );
}
