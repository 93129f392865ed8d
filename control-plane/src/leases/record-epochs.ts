/** What running trainings tell with their heartbeats: written where the lease still counts, apart from the renewal of all leases. */
import type { Database, Queryable } from "../database/database.ts";
import { appendEvents } from "../progress/append-events.ts";
import { writeEpochs, type WrittenEpoch } from "../results/write-epochs.ts";
import type {
  TrainingProgress,
  TrainingStanding,
} from "../shards/training-progress.ts";
import { lockHeldShards } from "./held-shards.ts";

export interface TrainingReport {
  readonly nodeId: string;
  readonly leaseId: string;
  readonly training: TrainingProgress;
}

/** Reports of leases that are no longer their node's are dropped. */
export async function recordEpochs(
  database: Database,
  reports: readonly TrainingReport[],
): Promise<void> {
  if (reports.length === 0) return;
  await database.transaction(async (client) => {
    const held = await lockHeldShards(
      client,
      reports.map(({ leaseId }) => leaseId),
    );
    const current = reports.flatMap((report) => {
      const lease = held.get(report.leaseId);
      return lease?.nodeId === report.nodeId
        ? [{ ...report, shardId: lease.shardId }]
        : [];
    });
    const written = await writeEpochs(
      client,
      current.map(({ shardId, nodeId, training }) => ({
        ...{ shardId, nodeId, hasEnded: false },
        epochs: training.epochs,
      })),
    );
    await writeStandings(
      client,
      current.flatMap(({ shardId, leaseId, training: { standing } }) =>
        standing ? [{ shardId, leaseId, standing }] : [],
      ),
    );
    const byJob = Map.groupBy(newestOf(written), ({ jobId }) => jobId);
    await appendEvents(
      client,
      [...byJob].map(([stream, ofJob]) => ({
        ...{ stream, type: "epochs" },
        body: { items: ofJob.map(({ jobId: _, ...item }) => item) },
      })),
    );
  });
}

/** Of each shard the last: who follows a job looks for the rest by REST. */
const newestOf = (
  written: readonly WrittenEpoch[],
): readonly WrittenEpoch[] => [
  ...new Map(written.map((each) => [each.shardId, each])).values(),
];

async function writeStandings(
  client: Queryable,
  told: readonly {
    readonly shardId: string;
    readonly leaseId: string;
    readonly standing: TrainingStanding;
  }[],
): Promise<void> {
  if (told.length === 0) return;
  await client.query(
    `INSERT INTO training_standing (shard_id, lease_id, epoch, epochs, loss, accuracy, learning_rate, images_per_second, seconds_left, images)
     SELECT given.* FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[], $5::float8[], $6::float8[], $7::float8[], $8::float8[],
       $9::float8[], $10::bigint[]) AS given (shard_id, lease_id, epoch, epochs, loss, accuracy, learning_rate, images_per_second,
       seconds_left, images)
     JOIN shard ON shard.id = given.shard_id
     JOIN job ON job.id = shard.job_id AND job.kind = 'train'
     ON CONFLICT (shard_id) DO UPDATE SET lease_id = excluded.lease_id, epoch = excluded.epoch, epochs = excluded.epochs,
       loss = excluded.loss, accuracy = excluded.accuracy, learning_rate = excluded.learning_rate,
       images_per_second = excluded.images_per_second, seconds_left = excluded.seconds_left,
       images = excluded.images`,
    [
      told.map(({ shardId }) => shardId),
      told.map(({ leaseId }) => leaseId),
      told.map(({ standing }) => standing.epoch),
      told.map(({ standing }) => standing.epochs),
      told.map(({ standing }) => standing.loss),
      told.map(({ standing }) => standing.accuracy),
      told.map(({ standing }) => standing.learningRate),
      told.map(({ standing }) => standing.imagesPerSecond),
      told.map(({ standing }) => standing.secondsLeft),
      told.map(({ standing }) => standing.images),
    ],
  );
}
