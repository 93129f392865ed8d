/** `motif jobs`: shows jobs, and watches one. */
import { Option, type Command } from "commander";
import { ControlPlaneError } from "../control-plane-error.ts";
import { isFinished, jobStatuses, type ApiJob } from "./api-types.ts";
import { findJob } from "./find-job.ts";
import { requireSucceeded } from "./job-outcome.ts";
import {
  clientOf,
  wholeNumber,
  withClientFlags,
  type ClientFlags,
} from "./options.ts";
import { print } from "./print.ts";
import { newProgress } from "./progress.ts";
import { showJob } from "./show-job.ts";
import { runStoppable } from "./stoppable.ts";
import { formatTable, formatTime, shortId } from "./table.ts";
import { watchJob } from "./watch-job.ts";

interface JobsFlags extends ClientFlags {
  readonly watch?: boolean;
  readonly status?: string;
  readonly limit: number;
}

export function addJobsCommand(program: Command): void {
  withClientFlags(program.command("jobs [id]"))
    .description("show jobs, or one; an id's beginning will do")
    .option("--watch", "follow one to its end")
    .addOption(
      new Option("--status <status>", "only these").choices(jobStatuses),
    )
    .option("--limit <n>", "how many, newest first", wholeNumber(1, 1000), 20)
    .action((id: string | undefined, flags: JobsFlags) => {
      if (id === undefined) return listJobs(flags);
      return flags.watch ? followJob(id, flags) : showOne(id, flags);
    });
}

async function listJobs(flags: JobsFlags): Promise<void> {
  if (flags.watch)
    throw new ControlPlaneError(
      "invalid",
      "--watch follows one job: motif jobs ID --watch.",
    );
  const status = flags.status === undefined ? "" : `&status=${flags.status}`;
  const jobs = await clientOf(flags).get<readonly ApiJob[]>(
    `/api/jobs?limit=${flags.limit}${status}`,
  );
  const rows = jobs.map((job) => [
    shortId(job.id),
    job.name,
    job.status,
    `${Math.floor(100 * job.done)}%`,
    `${job.shards.succeeded}/${job.shards.total}`,
    formatTime(job.createdAt),
  ]);
  print(
    flags,
    jobs,
    rows.length === 0
      ? "There are no jobs yet. `motif search --model M --dataset D` submits one."
      : formatTable(
          ["ID", "JOB", "STATUS", "DONE", "SHARDS", "SUBMITTED"],
          rows,
        ),
  );
}

async function showOne(id: string, flags: JobsFlags): Promise<void> {
  const job = await findJob(clientOf(flags), id);
  const { shards } = job;
  const facts = [
    ["id", job.id],
    ["status", `${job.status}, ${Math.floor(100 * job.done)}% done`],
    ["model", job.model ?? "–"],
    ["data set", job.dataset ?? "–"],
    [
      "shards",
      `${shards.total}: ${shards.succeeded} done, ${shards.running} running, ${shards.pending} waiting, ${shards.dead} failed, ${shards.cancelled} cancelled`,
    ],
    ["weight", String(job.weight)],
    ["submitted", `${formatTime(job.createdAt)} by ${job.createdBy}`],
    ["finished", formatTime(job.finishedAt)],
    ["parameters", JSON.stringify(job.parameters)],
  ] as const;
  const lines = facts.map(([name, value]) => `${name.padEnd(10)}  ${value}`);
  print(flags, job, [job.name, ...lines].join("\n"));
}

/** @throws ControlPlaneError where the job does not succeed: scripts wait by it */
async function followJob(text: string, flags: JobsFlags): Promise<void> {
  const now = () => performance.now();
  const isQuiet = flags.json === true && !process.stderr.isTTY;
  const progress = newProgress(process.stderr, now, isQuiet);
  await runStoppable(
    async (signal) => {
      const client = clientOf(flags, signal);
      try {
        const { id, name } = await findJob(client, text);
        const job = await watchJob(client, id, {
          ...{ signal, now },
          ...showJob(progress),
        });
        signal.throwIfAborted();
        progress.finish();
        if (isFinished(job.status)) print(flags, job, `${name}: ${job.status}`);
        await requireSucceeded(client, job);
      } finally {
        progress.finish();
      }
    },
    () =>
      `Stopped watching; the job goes on. \`motif cancel ${text}\` ends it.`,
  );
}
