/** Submits a job, shows how it goes until it has ended, and leaves it running when its watcher is stopped. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { ApiClient } from "./api-client.ts";
import type { ApiJob } from "./api-types.ts";
import { describeLeaving, requireSucceeded } from "./job-outcome.ts";
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

/** What has to be done before the job that was asked for can be submitted. */
export interface JobBefore {
  /** For people, a sentence. */
  readonly why: string;
  readonly request: unknown;
}

/**
 * @param newRequest what is submitted
 * @param finish is given the ended job, whatever became of it
 * @param findJobBefore asked where the job does not fit the state of things ("conflict"): a job after which it does. Undefined: there is
 *   none, and the refusal stands
 */
export async function submitAndWatch(
  flags: WatchFlags,
  newRequest: (client: ApiClient, signal: AbortSignal) => Promise<unknown>,
  finish: (
    client: ApiClient,
    ended: ApiJob,
    signal: AbortSignal,
  ) => Promise<void>,
  findJobBefore?: (client: ApiClient) => Promise<JobBefore | undefined>,
): Promise<void> {
  const now = () => performance.now();
  const isQuiet = flags.json === true && !process.stderr.isTTY;
  let submitted: ApiJob | undefined;
  let isBefore = false;
  const submit = async (client: ApiClient, request: unknown) => {
    submitted = await client.post<ApiJob>("/api/jobs", request);
    return submitted;
  };
  const watch = async (client: ApiClient, job: ApiJob, signal: AbortSignal) => {
    const progress = newProgress(process.stderr, now, isQuiet);
    try {
      progress.line(`Job ${shortId(job.id)}: ${job.name}.`);
      const ended = await watchJob(client, job.id, {
        ...{ signal, now, ...showJob(progress) },
      });
      signal.throwIfAborted();
      return ended;
    } finally {
      progress.finish();
    }
  };
  const runBefore = async (
    client: ApiClient,
    { why, request }: JobBefore,
    signal: AbortSignal,
  ) => {
    if (!isQuiet) process.stderr.write(`${why}\n`);
    isBefore = true;
    const job = await submit(client, request);
    await requireSucceeded(client, await watch(client, job, signal));
  };
  await runStoppable(
    async (signal) => {
      const client = clientOf(flags, signal);
      const request = await newRequest(client, signal);
      const job = await submit(client, request).catch(
        async (refusal: unknown) => {
          const isConflict =
            refusal instanceof ControlPlaneError && refusal.code === "conflict";
          const before = isConflict && (await findJobBefore?.(client));
          if (!before) throw refusal;
          await runBefore(client, before, signal);
          const asked = await submit(client, request);
          isBefore = false;
          return asked;
        },
      );
      if (!flags.watch) return print(flags, job, job.id);
      await finish(client, await watch(client, job, signal), signal);
    },
    () => describeLeaving(submitted, isBefore),
  );
}
