/** Submits a job, shows how it goes until it has ended, and leaves it running when its watcher is stopped. */
import type { ApiClient } from "./api-client.ts";
import type { ApiJob } from "./api-types.ts";
import { describeLeaving } from "./job-outcome.ts";
import { clientOf, type ClientFlags } from "./options.ts";
import { print } from "./print.ts";
import { newProgress } from "./progress.ts";
import { showJob } from "./show-job.ts";
import { runStoppable } from "./stoppable.ts";
import { shortId } from "./table.ts";
import { watchJob } from "./watch-job.ts";

interface WatchFlags extends ClientFlags {
  readonly watch: boolean;
}

/**
 * @param newRequest what is submitted
 * @param finish is given the ended job, whatever became of it
 */
export async function submitAndWatch(
  flags: WatchFlags,
  newRequest: (client: ApiClient, signal: AbortSignal) => Promise<unknown>,
  finish: (
    client: ApiClient,
    ended: ApiJob,
    signal: AbortSignal,
  ) => Promise<void>,
): Promise<void> {
  const now = () => performance.now();
  const isQuiet = flags.json === true && !process.stderr.isTTY;
  const progress = newProgress(process.stderr, now, isQuiet);
  const submitted: ApiJob[] = [];
  await runStoppable(
    async (signal) => {
      const client = clientOf(flags, signal);
      try {
        const request = await newRequest(client, signal);
        const job = await client.post<ApiJob>("/api/jobs", request);
        submitted.push(job);
        if (!flags.watch) return print(flags, job, job.id);
        progress.line(`Job ${shortId(job.id)}: ${job.name}.`);
        const ended = await watchJob(client, job.id, {
          ...{ signal, now, ...showJob(progress) },
        });
        signal.throwIfAborted();
        progress.finish();
        await finish(client, ended, signal);
      } finally {
        progress.finish();
      }
    },
    () => describeLeaving(submitted[0]),
  );
}
