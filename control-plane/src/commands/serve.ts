/** The control plane's process: PostgreSQL, the control plane itself, and compute nodes beside it, started and stopped in this order. */
import { randomUUID } from "node:crypto";
import { Logger } from "@nestjs/common";
import type { Configuration } from "../configuration/configuration.ts";
import { prepareDataDirectory } from "../configuration/data-directory.ts";
import type { Settings } from "../configuration/parse-settings.ts";
import {
  openEmbeddedPostgres,
  type EmbeddedPostgres,
} from "../database/embedded-postgres.ts";
import { startControlPlane, type ControlPlane } from "../main.ts";
import { startLocalNodes, type LocalNodes } from "./local-nodes.ts";
import { untilStopped } from "./until-stopped.ts";

/** Stopping takes at most these together, in milliseconds, and 2.5 s for PostgreSQL. */
const drainNodesWithinMs = 4_000;
const closeWithinMs = 3_000;

interface Running {
  readonly postgres: EmbeddedPostgres | undefined;
  readonly controlPlane: ControlPlane | undefined;
  readonly nodes: LocalNodes | undefined;
}

/**
 * Starts everything, prints one line when it is ready, and stops everything in good order on SIGINT or SIGTERM.
 * @throws ControlPlaneError where a part cannot be started; those that were are stopped again
 */
export async function serve(settings: Settings): Promise<void> {
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
    grpcPort: settings.grpcPort,
    publicNames: settings.publicNames,
    largestArtifactBytes: settings.largestArtifactBytes,
    logLevel: settings.logLevel,
    crashAfterCommit: settings.crashAfterCommit,
  };
  running.controlPlane = await startControlPlane(configuration);
  const grpc = address(grpcHost, running.controlPlane.grpcPort);
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
  try {
    await nodes?.stop(drainNodesWithinMs);
    await controlPlane?.close(closeWithinMs);
  } finally {
    await postgres?.close();
  }
}

function address(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
