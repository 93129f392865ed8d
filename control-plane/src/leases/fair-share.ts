/**
 * Which jobs' shards go into the queue's window next: start-time fair queueing (Goyal, Vin, Cheng 1996). Every shard costs its job
 * 1/weight; a job's tag is what it has been given so far, and the job with the smallest tag is served next. A job that comes, or comes
 * back, begins at what is being served just now: it makes up for nothing, and it waits for nothing. Pure.
 */

export interface JobLoad {
  readonly jobId: string;
  readonly weight: number;
  /** Null for a job that has not been given anything yet. */
  readonly tag: number | null;
  /** Shards in the window. */
  readonly queued: number;
  /** Shards that wait for the window; may be capped at its size. */
  readonly pending: number;
}

export interface JobShare {
  readonly jobId: string;
  /** Queue priorities of the job's next shards, first to last. The queue serves larger ones first. */
  readonly priorities: readonly number[];
  /** The job's tag after them. */
  readonly tag: number;
}

/** Priorities are whole numbers of 32 bits. Past the lowest, the queue serves in the order of feeding, which is fair as well. */
const scale = 100;
const lowest = -2_000_000_000;

/**
 * @param room shards that the window still takes
 * @returns a share for every job that gets any
 */
export function shareWindow(
  jobs: readonly JobLoad[],
  room: number,
): readonly JobShare[] {
  const now = findVirtualTime(jobs);
  const standing = jobs
    .filter(({ pending }) => pending > 0)
    .map(({ jobId, weight, tag, pending }) => ({
      jobId,
      weight,
      pending,
      tag: Math.max(tag ?? now, now),
      priorities: [] as number[],
    }));
  for (let left = room; left > 0; left--) {
    let first: (typeof standing)[number] | undefined;
    for (const job of standing) {
      if (job.pending === 0) continue;
      if (!first || nextTag(job) < nextTag(first)) first = job;
    }
    if (!first) break;
    first.tag = nextTag(first);
    first.pending--;
    first.priorities.push(Math.max(lowest, -Math.round(scale * first.tag)));
  }
  return standing
    .filter(({ priorities }) => priorities.length > 0)
    .map(({ jobId, priorities, tag }) => ({ jobId, priorities, tag }));
}

/** What the queue serves now: where the first of the window stands; with an empty window, what was served last. */
function findVirtualTime(jobs: readonly JobLoad[]): number {
  const given = jobs.filter(({ tag }) => tag !== null);
  const heads = given
    .filter(({ queued }) => queued > 0)
    .map(({ tag, queued, weight }) => tag! - queued / weight);
  return heads.length > 0
    ? Math.max(0, Math.min(...heads))
    : Math.max(0, ...given.map(({ tag }) => tag!));
}

const nextTag = ({
  tag,
  weight,
}: {
  readonly tag: number;
  readonly weight: number;
}): number => tag + 1 / weight;
