/** `motif export`: a job's result and report as a folder, as a local search leaves it. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { ApiClient } from "./api-client.ts";
import type { ApiJob } from "./api-types.ts";
import { exportAudits, listJobAudits } from "./export-audits.ts";
import { exportResult } from "./export-result.ts";
import { findJob } from "./find-job.ts";
import { runMotif } from "../launcher/launcher.ts";
import { clientOf, withClientFlags, type ClientFlags } from "./options.ts";
import { print } from "./print.ts";
import { runStoppable } from "./stoppable.ts";

interface ExportFlags extends ClientFlags {
  readonly out: string;
}

export function addExportCommand(program: Command): void {
  withClientFlags(program.command("export <id>"))
    .description(
      "write what a search or an audit left, with its report, to a folder; an id's beginning will do",
    )
    .requiredOption("--out <folder>", "where to")
    .action((text: string, flags: ExportFlags) =>
      runStoppable(
        async (signal) => {
          const client = clientOf(flags, signal);
          const job = await findJob(client, text);
          await exportJob(client, job, flags, signal);
        },
        () => "Stopped. The same command goes on from here.",
      ),
    );
}

/** @throws ControlPlaneError what the server refuses with, what the folder does not take, what the report says */
export async function exportJob(
  client: ApiClient,
  job: ApiJob,
  flags: ExportFlags,
  signal: AbortSignal,
): Promise<void> {
  const out = resolve(flags.out);
  const isShown = process.stderr.isTTY && !flags.json;
  const showFiles = (done: number, total: number) => {
    if (isShown)
      process.stderr.write(
        `\r\u001b[K${done === total ? "" : `${done} of ${total} files`}`,
      );
  };
  if (job.kind === "audit") {
    const audits = await listJobAudits(client, job);
    const exported = await exportAudits(client, audits, out, showFiles);
    const { report } = await drawPages(out, signal);
    return print(
      flags,
      { out, report, jobId: job.id, ...exported },
      `${exported.audits} audits, ${exported.refused} models without one.\nReport: ${report}`,
    );
  }
  const summary = await exportResult(client, job.id, out, showFiles);
  const { report } = await drawPages(out, signal);
  const { patterns, files, fetched } = summary;
  print(
    flags,
    { out, report, jobId: job.id, ...summary },
    `${patterns} patterns, ${files} files (${fetched} of them fetched now).\nReport: ${report}`,
  );
}

/** The pages are the compute node's program's. @throws ControlPlaneError "conflict" with what it says */
export const drawPages = (
  directory: string,
  signal: AbortSignal,
): Promise<{ readonly report: string }> =>
  runMotif(["report", directory, "--json"], signal);
