/** All of the demo's jobs at once: one bar for the whole, a line as each ends. */
import type { ApiClient } from "../api-client.ts";
import type { ApiJob } from "../api-types.ts";
import { requireSucceeded } from "../job-outcome.ts";
import type { Progress } from "../progress.ts";
import { watchJob } from "../watch-job.ts";
import type { DemoSearch } from "./demo-searches.ts";

export interface SearchesWatch {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
  /** Runs as soon as a job has succeeded. */
  readonly onSucceeded: (search: DemoSearch, job: ApiJob) => Promise<void>;
}

/** @throws ControlPlaneError when a job did not succeed; the signal's reason */
export async function watchSearches(
  client: ApiClient,
  searches: readonly DemoSearch[],
  { progress, signal, now, onSucceeded }: SearchesWatch,
): Promise<void> {
  const done = searches.map(({ job }) => job.done);
  const running = searches.map(({ job }) => job.shards.running);
  let ended = 0;
  const show = () => {
    const whole = done.reduce((sum, each) => sum + each, 0) / done.length;
    const shards = running.reduce((sum, each) => sum + each, 0);
    progress.update(
      whole,
      `${ended} of ${searches.length} searches done, ${shards} shards running`,
    );
  };
  show();
  await Promise.all(
    searches.map(async (search, index) => {
      const see = (state: { done: number; running: number }) => {
        done[index] = Math.max(done[index] ?? 0, state.done);
        running[index] = state.running;
        show();
      };
      const job = await watchJob(client, search.job.id, {
        ...{ signal, now },
        onJob: (seen) => see({ done: seen.done, running: seen.shards.running }),
        onEvent: ({ type, body }, isPast) => {
          if (type === "progress" && !isPast)
            see(body as { done: number; running: number });
        },
      });
      signal.throwIfAborted();
      await requireSucceeded(client, job);
      running[index] = 0;
      await onSucceeded(search, job);
      ended++;
      progress.line(`${ended}/${searches.length}  ${search.title}: done`);
      show();
    }),
  );
}
