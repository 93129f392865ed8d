/** `motif up`: a control plane with all that it needs, until it is stopped. */
import { randomUUID } from "node:crypto";
import { Logger } from "@nestjs/common";
import type { Command } from "commander";
import type { Configuration } from "../configuration/configuration.ts";
import { prepareDataDirectory } from "../configuration/data-directory.ts";
import {
  parseSettings,
  type Settings,
} from "../configuration/parse-settings.ts";
import {
  openEmbeddedPostgres,
  type EmbeddedPostgres,
} from "../database/embedded-postgres.ts";
import { freePort } from "../database/free-port.ts";
import { startControlPlane, type ControlPlane } from "../main.ts";
import { startLocalNodes, type LocalNodes } from "./local-nodes.ts";
import { untilStopped } from "./until-stopped.ts";

/** Stopping takes at most these together, in milliseconds, and 2.5 s for PostgreSQL. */
const drainNodesWithinMs = 4_000;
const closeWithinMs = 2_500;
const leaveWithinMs = 500;

export function addUpCommand(program: Command): void {
  program
    .command("up")
    .description("start a control plane: address, database, queue")
    .option("--host <address>", "for people; 127.0.0.1 by default")
    .option("--port <port>", "for people; 3000 by default, 0 for a free one")
    .option("--grpc-host <address>", "for compute nodes; as --host by default")
    .option("--grpc-port <port>", "for compute nodes; 3001 by default")
    .option(
      "--data-dir <folder>",
      "what it keeps; $MOTIF_DATA, else ~/.motif (root: /var/lib/motif)",
    )
    .option(
      "--database-url <url>",
      "a PostgreSQL ($MOTIF_DATABASE_URL) instead of the one in the data folder",
    )
    .option("--nodes <count>", "compute nodes to start beside it")
    .option(
      "--public-name <name>",
      "a name it is reached under beside loopback; may be repeated",
      (name: string, names: string[] | undefined) => [...(names ?? []), name],
    )
    .option("--largest-artifact <GiB>", "that is taken; 16 by default")
    .option("--log-level <level>", "debug, info, warn, error or silent")
    .option("--json", "when ready, print one line of JSON")
    .action(async (flags: unknown) => {
      try {
        await up(parseSettings(flags, process.env));
      } finally {
        // Should anything still be open, it does not keep the process.
        setTimeout(() => process.exit(), leaveWithinMs).unref();
      }
    });
}

interface Running {
  readonly postgres: EmbeddedPostgres | undefined;
  readonly controlPlane: ControlPlane | undefined;
  readonly nodes: LocalNodes | undefined;
}

async function up(settings: Settings): Promise<void> {
  const stopped = untilStopped();
  const running = { ...notRunning };
  try {
    await start(settings, running);
    await stopped;
  } finally {
    await stop(running);
  }
}

const notRunning: Running = {
  postgres: undefined,
  controlPlane: undefined,
  nodes: undefined,
};

/** @param running gets what was started, also when a later part cannot be */
async function start(
  settings: Settings,
  running: { -readonly [Part in keyof Running]: Running[Part] },
): Promise<void> {
  const { dataDirectory, host, grpcHost } = settings;
  await prepareDataDirectory(dataDirectory);
  if (settings.databaseUrl === undefined)
    running.postgres = await openEmbeddedPostgres({
      dataDirectory,
      onTrouble: (message) => new Logger("PostgreSQL").warn(message),
    });
  const configuration: Configuration = {
    replicaId: randomUUID(),
    dataDirectory,
    databaseUrl: settings.databaseUrl ?? running.postgres?.url ?? "",
    host,
    port: settings.port,
    grpcHost,
    grpcPort: settings.grpcPort || (await freePort(null)),
    publicNames: settings.publicNames,
    largestArtifactBytes: settings.largestArtifactBytes,
    logLevel: settings.logLevel,
    crashAfterCommit: settings.crashAfterCommit,
  };
  running.controlPlane = await startControlPlane(configuration);
  const grpc = address(grpcHost, configuration.grpcPort);
  if (settings.nodes > 0)
    running.nodes = await startLocalNodes(settings.nodes, grpc, dataDirectory);
  const url = `http://${address(host, running.controlPlane.port)}`;
  process.stdout.write(
    settings.json
      ? `${JSON.stringify({ url, grpc, dataDir: dataDirectory, pid: process.pid })}\n`
      : `Motif is ready at ${url} (compute nodes: ${grpc}). Ctrl+C stops it.\n`,
  );
}

/** Nodes first, since they hand back their work by way of the control plane; the database last. */
async function stop({ nodes, controlPlane, postgres }: Running): Promise<void> {
  await nodes?.stop(drainNodesWithinMs);
  await controlPlane?.close(closeWithinMs);
  await postgres?.close();
}

function address(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
