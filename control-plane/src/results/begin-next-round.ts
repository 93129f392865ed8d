/**
 * What comes after a round: when the last of its workers is done, the shards of the next one, which begin with what all of them left.
 * In the transaction that ends the round's last shard, with the job locked: either both are there or neither.
 */
import type { Queryable } from "../database/database.ts";
import type { NewEvent } from "../progress/append-events.ts";
import { indexedShardId } from "../shards/shard-id.ts";
import type { TrainRoundResult } from "../shards/shard-result.ts";
import type { TrainRound } from "../shards/shard-spec.ts";
import { planRound, type TrainSpread } from "../shards/train-rounds.ts";
import type { AcceptedResult } from "./accepted-result.ts";
import { writeEpochs } from "./write-epochs.ts";

/** @returns the events that tell of rounds that ended */
export async function beginNextRounds(
  client: Queryable,
  results: readonly AcceptedResult<TrainRoundResult>[],
): Promise<readonly NewEvent[]> {
  if (results.length === 0) return [];
  await writeEpochs(
    client,
    results.map(({ shardId, nodeId, result: { epochs } }) => ({
      ...{ shardId, nodeId, epochs, hasEnded: false },
    })),
  );
  const rounds = await readRounds(
    client,
    results.map(({ shardId }) => shardId),
  );
  const events: NewEvent[] = [];
  for (const round of rounds) {
    const starts = await readCheckpoints(client, round);
    if (starts.length < round.spread.workers) continue;
    await insertShards(client, round, starts);
    events.push({
      stream: round.jobId,
      type: "round-ended",
      body: {
        name: round.name,
        // From 1, as people count.
        round: round.round + 1,
        rounds: round.spread.rounds,
      },
    });
  }
  return events;
}

interface EndedRound {
  readonly jobId: string;
  /** The model's. */
  readonly name: string;
  readonly spread: TrainSpread;
  readonly round: number;
  /** Index of the training's first shard. */
  readonly first: number;
  /** A shard of the round: the next ones' specification is like its. */
  readonly shardId: string;
}

/** Each round once, however many of its shards have ended together. */
async function readRounds(
  client: Queryable,
  shardIds: readonly string[],
): Promise<readonly EndedRound[]> {
  const { rows } = await client.query<{
    id: string;
    jobId: string;
    index: number;
    name: string;
    round: TrainRound;
    spread: TrainSpread;
  }>(
    `SELECT id, job_id AS "jobId", "index", spec->>'name' AS name, spec->'round' AS round, spec->'recipe'->'spread' AS spread
     FROM shard WHERE id = ANY($1::uuid[]) ORDER BY job_id, "index"`,
    [shardIds],
  );
  const rounds = new Map<string, EndedRound>();
  for (const { id, jobId, index, name, spread, round } of rows) {
    const first = index - round.round * spread.workers - round.worker;
    rounds.set(`${jobId} ${first} ${round.round}`, {
      ...{ jobId, name, spread, first, shardId: id },
      round: round.round,
    });
  }
  return [...rounds.values()];
}

/** @returns those of the workers that are done, in their order */
async function readCheckpoints(
  client: Queryable,
  { jobId, first, round, spread: { workers } }: EndedRound,
): Promise<readonly string[]> {
  const begin = first + round * workers;
  const { rows } = await client.query<{ checkpoint: string }>(
    `SELECT result.body->'checkpoint'->>'sha256' AS checkpoint
     FROM shard JOIN result ON result.shard_id = shard.id
     WHERE shard.job_id = $1 AND shard."index" >= $2 AND shard."index" < $3
     ORDER BY shard."index"`,
    [jobId, begin, begin + workers],
  );
  return rows.map(({ checkpoint }) => checkpoint);
}

async function insertShards(
  client: Queryable,
  { jobId, shardId, first, spread, round }: EndedRound,
  starts: readonly string[],
): Promise<void> {
  const shards = planRound(spread, round + 1, starts);
  await client.query(
    `INSERT INTO shard (id, job_id, "index", spec)
     SELECT new.id, $1, new.index, alike.spec || jsonb_build_object('round', new.round)
     FROM unnest($2::uuid[], $3::int[], $4::jsonb[]) AS new (id, index, round), shard AS alike
     WHERE alike.id = $5`,
    [
      jobId,
      shards.map(({ place }) => indexedShardId(jobId, "train", first + place)),
      shards.map(({ place }) => first + place),
      shards.map(({ round: next }) => JSON.stringify(next)),
      shardId,
    ],
  );
  await client.query(
    `UPDATE job SET shard_count = shard_count + $2, further_count = further_count - $2 WHERE id = $1`,
    [jobId, shards.length],
  );
}
