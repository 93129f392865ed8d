/** How fast jobs go, by what was done in the last minutes, and how long that leaves them. */
import type { Queryable } from "../database/database.ts";

const spanSeconds = 10;
const spans = 30;
const spansOfMinute = 60 / spanSeconds;
/** So many shards in a minute say how fast a job goes; of fewer, longer ones, all spans are looked at. */
const enough = 5;

/** Shards done in each span that has any. */
export type RecentShards = readonly {
  /** 0 is the last ten seconds, 1 those before … */
  readonly span: number;
  readonly shards: number;
}[];

/** One statement for all of a page's jobs. @returns by job; only those of which anything was done */
export async function readRecent(
  client: Queryable,
  jobIds: readonly string[],
): Promise<ReadonlyMap<string, RecentShards>> {
  if (jobIds.length === 0) return new Map();
  const { rows } = await client.query<{
    jobId: string;
    span: number;
    shards: number;
  }>(
    `SELECT job_id AS "jobId", GREATEST(0, floor(extract(epoch FROM now() - created_at) / $2))::int AS span, count(*)::int AS shards
     FROM result
     WHERE created_at > now() - $2 * $3 * interval '1 s' AND job_id = ANY($1::uuid[])
     GROUP BY 1, 2`,
    [jobIds, spanSeconds, spans],
  );
  return Map.groupBy(rows, ({ jobId }) => jobId);
}

/**
 * Pure.
 * @param left shards that are still to be done, those under way in part; null where nothing is done for now
 */
export function rateOf(
  recent: RecentShards,
  {
    left,
    ageSeconds,
  }: { readonly left: number | null; readonly ageSeconds: number },
): {
  readonly ratePerMinute: number;
  readonly secondsLeft: number | null;
  readonly recent: readonly number[];
} {
  const counts = Array<number>(spans).fill(0);
  for (const { span, shards } of recent)
    if (span < spans) counts[spans - 1 - span]! += shards;
  const sum = (last: number) =>
    counts.slice(-last).reduce((all, shards) => all + shards, 0);
  const ratePerMinute = sum(spansOfMinute);
  const looked = ratePerMinute >= enough ? spansOfMinute : spans;
  // A job that has just begun cannot have done anything before.
  const perSecond =
    sum(looked) / Math.max(1, Math.min(looked * spanSeconds, ageSeconds));
  return {
    ratePerMinute,
    secondsLeft:
      left === null || perSecond === 0 ? null : Math.round(left / perSecond),
    recent: counts,
  };
}
