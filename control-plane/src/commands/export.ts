/** `motif export`: a job's result and report as a folder, as a local search leaves it. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { ApiClient } from "./api-client.ts";
import type { ApiJob } from "./api-types.ts";
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
      "write a job's result.json, masks, pictures and report to a folder; an id's beginning will do",
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
  const summary = await exportResult(client, job.id, out, (done, total) => {
    if (isShown) process.stderr.write(`\r\u001b[K${done} of ${total} files`);
  });
  if (isShown) process.stderr.write("\r\u001b[K");
  const { report } = await runMotif<{ report: string }>(
    ["report", out, "--json"],
    signal,
  );
  const { patterns, files, fetched } = summary;
  print(
    flags,
    { out, report, jobId: job.id, ...summary },
    `${patterns} patterns, ${files} files (${fetched} of them fetched now).\nReport: ${report}`,
  );
}
