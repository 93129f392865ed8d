/**
 * The PostgreSQL that Motif brings along: real server programs in a folder, on loopback. The server is a process of its own that
 * outlives this one; whoever starts on the folder next goes on with it. Replicas on one machine share it: each watches it and
 * starts it again should it be killed, and the last one stops it.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { freePort } from "./free-port.ts";
import {
  openPostgresCluster,
  type PostgresCluster,
} from "./postgres-cluster.ts";
import { findPostgresPrograms } from "./postgres-programs.ts";
import { PostgresServer } from "./postgres-server.ts";
import { isPostmasterOf, type Postmaster } from "./postmaster.ts";

export interface EmbeddedPostgres {
  /** Of the database `motif`, with the password. Stays the same when the server is started again. */
  readonly url: string;
  readonly port: number;
  /** Process id of the server now. */
  pid(): number;
  /**
   * Lets go of the server. Close the pools first.
   * @returns whether it was stopped: not while anybody else is connected
   */
  close(): Promise<boolean>;
}

export interface EmbeddedPostgresOptions {
  /** Absolute; exists. The server's files are in `postgres/` under it. */
  readonly dataDirectory: string;
  /** Further settings of the server, by name. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Told when the server was found dead and was started again, or could not be. */
  readonly onTrouble?: (message: string) => void;
}

/** Durable as PostgreSQL is by default; small, since it shares the machine with what it serves. */
const settings: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  fsync: "on",
  synchronous_commit: "on",
  max_connections: "100",
  shared_buffers: "128MB",
  // Nothing is replicated from here.
  wal_level: "minimal",
  max_wal_senders: "0",
  jit: "off",
  // The queue and the shards change quickly: what is dead is cleared before scans stumble over it.
  autovacuum_naptime: "5s",
  autovacuum_vacuum_cost_delay: "0",
  timezone: "UTC",
  // What the server has to say about itself; failed statements are told to whoever sent them.
  log_min_messages: "log",
  log_checkpoints: "off",
};

const watchMs = 1_000;
const database = "motif";

/**
 * Starts the server in a data folder, or goes on with the one that runs there.
 * @throws ControlPlaneError naming the folder: `conflict` for one of another version, `unavailable` where the server does not start
 */
export async function openEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const programs = await findPostgresPrograms(options.dataDirectory);
  const cluster = await openPostgresCluster(
    join(options.dataDirectory, "postgres"),
    programs,
  );
  const server = new PostgresServer(programs, cluster, {
    ...settings,
    ...options.settings,
  });
  const remembered = await readPort(cluster);
  const start = () => server.start(() => freePort(remembered));
  let postmaster = await start();
  try {
    await server.ask(postmaster.port, createDatabase);
  } catch {
    // The server that was adopted was just being stopped by its last user.
    postmaster = await start();
    await server.ask(postmaster.port, createDatabase);
  }
  const { port } = postmaster;
  await writeFile(cluster.portFile, `${port}\n`);

  const watch = new AbortController();
  const watching = watchServer(watch.signal);
  return {
    url: server.url(database, port),
    port,
    pid: () => postmaster.pid,
    async close() {
      watch.abort();
      await watching;
      return server.stop(postmaster);
    },
  };

  async function watchServer(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await sleep(watchMs, undefined, { signal, ref: false });
        postmaster = await keepAlive(postmaster, signal);
      } catch (error) {
        if (!signal.aborted) options.onTrouble?.((error as Error).message);
      }
    }
  }

  async function keepAlive(
    last: Postmaster,
    signal: AbortSignal,
  ): Promise<Postmaster> {
    if (await isPostmasterOf(last.pid, cluster.directory)) return last;
    // On the same port, so that everybody's connections come back.
    const next = await server.start(() => port, signal);
    options.onTrouble?.(
      `PostgreSQL (process ${last.pid}) was gone; it runs again as process ${next.pid}.`,
    );
    return next;
  }
}

async function createDatabase(client: pg.Client): Promise<void> {
  try {
    const { rowCount } = await client.query(
      "SELECT 1 FROM pg_database WHERE datname = $1",
      [database],
    );
    if (rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
  } catch (error) {
    // 42P04, 23505: a replica that starts at the same time was first.
    const { code } = error as { code?: string };
    if (code !== "42P04" && code !== "23505") throw error;
  }
}

async function readPort(cluster: PostgresCluster): Promise<number | null> {
  const port = Number(await readFile(cluster.portFile, "utf8").catch(() => ""));
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : null;
}
