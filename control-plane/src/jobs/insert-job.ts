/** Writes a job and its shards, by sets, so that 150,000 shards take seconds and no more memory than a few thousand. */
import { appendEvents } from "../progress/append-events.ts";
import type { Queryable } from "../database/database.ts";
import type { JobKind } from "./job.ts";

export interface NewJob {
  readonly id: string;
  readonly kind: JobKind;
  readonly name: string;
  /** 1…1000: its share of the cluster against other jobs. */
  readonly weight: number;
  readonly modelId: string | null;
  readonly datasetId: string | null;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly createdBy: string;
  readonly shardCount: number;
  /** Shards that are made once others are done; none by default. */
  readonly furtherCount?: number;
}

export interface NewShard {
  readonly id: string;
  /** Its specification beyond what all shards of the job have. */
  readonly part: Readonly<Record<string, unknown>>;
  /** Its place in the job, from 0; that in the order given where absent. */
  readonly index?: number;
}

/** Shards a statement. */
const chunkSize = 5_000;

/**
 * In the caller's transaction, with the events that say so.
 * @param commonSpec what all shards' specifications have, sent once a statement: a manifest can be long
 * @param shards `job.shardCount` of them, in order
 */
export async function insertJob(
  client: Queryable,
  job: NewJob,
  commonSpec: Readonly<Record<string, unknown>>,
  shards: Iterable<NewShard>,
): Promise<void> {
  await client.query(
    `INSERT INTO job (id, kind, name, weight, model_id, dataset_id, parameters, shard_count, further_count, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      job.id,
      job.kind,
      job.name,
      job.weight,
      job.modelId,
      job.datasetId,
      JSON.stringify(job.parameters),
      job.shardCount,
      job.furtherCount ?? 0,
      job.createdBy,
    ],
  );
  const common = JSON.stringify(commonSpec);
  let first = 0;
  for (const chunk of chunksOf(shards, chunkSize)) {
    await client.query(
      `INSERT INTO shard (id, job_id, "index", spec)
       SELECT new.id, $1, new.index, $2::jsonb || new.part
       FROM unnest($3::uuid[], $4::int[], $5::jsonb[]) AS new (id, index, part)`,
      [
        job.id,
        common,
        chunk.map(({ id }) => id),
        chunk.map(({ index }, at) => index ?? first + at),
        chunk.map(({ part }) => JSON.stringify(part)),
      ],
    );
    first += chunk.length;
  }
  const { kind, name, createdBy, shardCount, furtherCount = 0 } = job;
  await appendEvents(client, [
    {
      stream: job.id,
      type: "job-submitted",
      body: { kind, name, createdBy, shards: shardCount + furtherCount },
    },
    {
      stream: "cluster",
      type: "job-submitted",
      body: { jobId: job.id, status: "RUNNING", name, kind },
    },
  ]);
}

function* chunksOf<T>(values: Iterable<T>, size: number): Generator<T[]> {
  let chunk: T[] = [];
  for (const value of values) {
    chunk.push(value);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
