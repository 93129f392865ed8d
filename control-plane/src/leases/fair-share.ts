/**
 * Which jobs' shards go into the queue's window next. The job that has the least in flight for its weight is served first, so that
 * jobs come to have parts of the cluster by their weights, however many shards each has. Pure.
 */

export interface JobLoad {
  readonly jobId: string;
  readonly weight: number;
  /** Shards queued, leased, running or waiting for another attempt. */
  readonly inFlight: number;
  /** Shards that wait for the window; may be capped at the window's room. */
  readonly pending: number;
}

export interface JobShare {
  readonly jobId: string;
  /** Queue priorities of the job's next shards, first to last. The queue serves larger ones first. */
  readonly priorities: readonly number[];
}

/** Priorities are whole numbers of 32 bits. */
const scale = 1_000;
const lowest = -2_000_000_000;

/**
 * @param room shards that the window still takes
 * @returns a share for every job that gets any; the priorities say how far the job is above its share by then, so that a job that has
 * just come overtakes the backlog of one that has long had its own
 */
export function shareWindow(
  jobs: readonly JobLoad[],
  room: number,
): readonly JobShare[] {
  const standing = jobs.map(({ jobId, weight, inFlight, pending }) => ({
    jobId,
    weight,
    inFlight,
    pending,
    priorities: [] as number[],
  }));
  for (let left = room; left > 0; left--) {
    let first: (typeof standing)[number] | undefined;
    for (const job of standing) {
      if (job.pending === 0) continue;
      if (!first || loadOf(job) < loadOf(first)) first = job;
    }
    if (!first) break;
    first.priorities.push(Math.max(lowest, -Math.round(scale * loadOf(first))));
    first.inFlight++;
    first.pending--;
  }
  return standing
    .filter(({ priorities }) => priorities.length > 0)
    .map(({ jobId, priorities }) => ({ jobId, priorities }));
}

/** With one more. */
const loadOf = ({
  inFlight,
  weight,
}: Pick<JobLoad, "inFlight" | "weight">): number => (inFlight + 1) / weight;
