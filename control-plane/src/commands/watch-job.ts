/** Follows a job to its end. */
import type { ApiClient } from "./api-client.ts";
import { isFinished, type ApiEvent, type ApiJob } from "./api-types.ts";
import { followEvents, readEvents } from "./event-feed.ts";

export interface JobWatch {
  readonly signal: AbortSignal;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
  /** What the job is when the watch begins, and when it ends. */
  readonly onJob?: (job: ApiJob) => void;
  /** @param isPast whether it was there before the watch began */
  readonly onEvent?: (event: ApiEvent, isPast: boolean) => void;
  readonly onReachable?: (isReachable: boolean) => void;
}

/**
 * @returns the job as it ended, or as it was when the signal aborted
 * @throws ControlPlaneError what the server refuses with, or that it stayed away
 */
export async function watchJob(
  client: ApiClient,
  jobId: string,
  { signal, now, onJob, onEvent, onReachable }: JobWatch,
): Promise<ApiJob> {
  const read = async () => {
    const job = await client.get<ApiJob>(`/api/jobs/${jobId}`);
    onJob?.(job);
    return job;
  };
  let last = 0;
  for await (const event of readEvents(client, jobId, last)) {
    last = event.seq;
    onEvent?.(event, true);
  }
  const job = await read();
  if (isFinished(job.status)) return job;
  const feed = followEvents(client, jobId, last, {
    signal,
    now,
    ...(onReachable && { onReachable }),
  });
  for await (const event of feed) {
    onEvent?.(event, false);
    if (event.type !== "job-status") continue;
    const ended = await read();
    if (isFinished(ended.status)) return ended;
  }
  return job;
}
