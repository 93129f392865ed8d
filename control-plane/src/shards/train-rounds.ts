/**
 * How a training that is spread over workers lies in its job: in each round a shard a worker, and one more after the last round, which
 * averages and measures. They have places of their own in the order of shards from the beginning; a round's shards are made when the
 * round before is done. Pure.
 */
import type { TrainRound } from "./shard-spec.ts";

export interface TrainSpread {
  readonly workers: number;
  readonly rounds: number;
}

/** Shards that the training takes, from its first to its last. */
export const countShards = (spread: TrainSpread | null): number =>
  spread ? spread.workers * spread.rounds + 1 : 1;

/** A shard of a round, counted from the training's first. */
export interface RoundShard {
  readonly place: number;
  readonly round: TrainRound;
}

/**
 * @param round from 0; `rounds` gives the shard after the last round
 * @param starts what the workers left of the round before, in their order
 */
export function planRound(
  { workers, rounds }: TrainSpread,
  round: number,
  starts: readonly string[],
): readonly RoundShard[] {
  const isLast = round === rounds;
  return Array.from({ length: isLast ? 1 : workers }, (_, worker) => ({
    place: round * workers + worker,
    round: { round, worker, starts, isLast },
  }));
}
