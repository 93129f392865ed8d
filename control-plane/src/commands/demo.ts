/**
 * `motif demo`: a control plane and two compute nodes on this machine search the bundled models, one natural, one with a
 * backdoor and one trained against an adversary, and what they found is set side by side. It then goes on serving, until Ctrl+C. Started again on the same folder it
 * finds everything there.
 */
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { findDataDirectory } from "./demo/data-directory.ts";
import { startDemoCluster, type DemoCluster } from "./demo/demo-cluster.ts";
import { lockDemoFolder } from "./demo/demo-lock.ts";
import { submitDemoSearches } from "./demo/demo-searches.ts";
import { watchSearches } from "./demo/watch-searches.ts";
import { exportResult } from "./export-result.ts";
import { runMotif } from "../launcher/launcher.ts";
import { wholeNumber } from "./options.ts";
import { print } from "./print.ts";
import { formatSeconds, newProgress, type Progress } from "./progress.ts";
import { runStoppable } from "./stoppable.ts";

interface DemoFlags {
  readonly out: string;
  readonly port?: number;
  readonly backend?: string;
  readonly threads?: number;
  readonly exit?: boolean;
  readonly json?: boolean;
}

export function addDemoCommand(program: Command): void {
  program
    .command("demo")
    .description(
      "everything on this machine: a control plane and two nodes search the bundled models",
    )
    .option(
      "--local",
      "without a server, in this process: motif demo --local --help shows its options",
    )
    .option("--out <folder>", "where everything is kept", "motif-demo")
    .option(
      "--port <n>",
      "of the address (default: 3000)",
      wholeNumber(1, 65535),
    )
    .option("--backend <name>", "what the nodes compute with (default: auto)")
    .option(
      "--threads <n>",
      "CPU threads of both nodes together (default: the machine's cores)",
      wholeNumber(1),
    )
    .option("--exit", "end when the searches are done, instead of serving on")
    .option("--json", "print what came out as JSON")
    .action(runDemo);
}

async function runDemo(flags: DemoFlags): Promise<void> {
  const folder = resolve(flags.out);
  const now = () => performance.now();
  const progress = newProgress(
    process.stderr,
    now,
    flags.json === true && !process.stderr.isTTY,
  );
  const unlock = await lockDemoFolder(folder);
  const dataDirectory = await findDataDirectory(folder);
  let hasEnded = false;
  try {
    await runStoppable(
      async (signal) => {
        const say = (line: string) => progress.line(line);
        say("Starting a control plane and two compute nodes …");
        const cluster = await startDemoCluster({
          ...{ folder, dataDirectory, signal, now, say },
          ...{ port: flags.port, backend: flags.backend },
          threads: flags.threads,
        });
        try {
          await Promise.race([
            searchAndShow(cluster, { folder, dataDirectory }, flags, {
              progress,
              signal,
              now,
            }),
            cluster.died,
          ]);
          hasEnded = true;
          if (!flags.exit)
            await Promise.race([untilAborted(signal), cluster.died]);
        } finally {
          progress.finish();
          if (!flags.exit || signal.aborted) say("Stopping …");
          await cluster.stop();
        }
      },
      () =>
        hasEnded
          ? "Stopped. The same command serves it again."
          : "Stopped; nothing is lost. The same command goes on from here.",
    );
  } finally {
    await unlock();
  }
}

interface DemoRun {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** What `motif report --json` prints of several results. */
interface Comparison {
  /** Path of the page that sets them side by side. */
  readonly report: string;
  readonly findings: readonly { readonly text: string }[];
}

async function searchAndShow(
  { client }: DemoCluster,
  { folder, dataDirectory }: { folder: string; dataDirectory: string },
  flags: DemoFlags,
  { progress, signal, now }: DemoRun,
): Promise<void> {
  const began = now();
  const say = (line: string) => progress.line(line);
  say(
    `Watch it live at ${client.url.origin}. Checking the data set and the models …`,
  );
  const searches = await submitDemoSearches(client, {
    ...{ signal, now },
    // Nodes are on their way: nobody has to start one.
    say: () => {},
  });
  say(`${searches.length} searches of ten classes each, on two nodes:`);
  await watchSearches(client, searches, {
    ...{ progress, signal, now },
    onSucceeded: async (search, job) =>
      void (await exportResult(client, job.id, join(folder, search.name))),
  });
  progress.finish();
  const directories = searches.map(({ name }) => join(folder, name));
  const { report, findings } = await runMotif<Comparison>(
    ["report", ...directories, "--out", folder, "--json"],
    signal,
  );
  const seconds = (now() - began) / 1000;
  const next = flags.exit
    ? `\`motif up --data-dir ${shorten(dataDirectory)}\` serves it again.`
    : `The dashboard is at ${client.url.origin} until Ctrl+C.`;
  print(
    flags,
    { out: folder, report, url: client.url.origin, findings },
    `\n${findings.map(({ text }) => text).join("\n")}\n\nDone in ${formatSeconds(seconds)}. Report: ${shorten(report)}\n${next}`,
  );
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** A path as short as it can be said from here. */
function shorten(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") ? resolve(path) : fromHere;
}
