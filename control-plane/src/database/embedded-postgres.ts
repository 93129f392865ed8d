/**
 * The PostgreSQL that Motif brings along: real server programs in a folder, on loopback. The server is a process of its own that
 * outlives this one; whoever starts on the folder next goes on with it. Replicas on one machine share it: each watches it and
 * starts it again should it be killed, and the last one stops it.
 */
import { spawn } from "node:child_process";
import { open, readFile, realpath, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { ControlPlaneError } from "../control-plane-error.ts";
import { freePort } from "./free-port.ts";
import {
  openPostgresCluster,
  superuser,
  type PostgresCluster,
} from "./postgres-cluster.ts";
import {
  findPostgresPrograms,
  identity,
  type PostgresPrograms,
} from "./postgres-programs.ts";
import {
  isPostmasterOf,
  isProcessAlive,
  readPostmaster,
  removeStalePidFile,
  type Postmaster,
} from "./postmaster.ts";

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
  timezone: "UTC",
  // What the server has to say about itself; failed statements are told to whoever sent them.
  log_min_messages: "log",
  log_checkpoints: "off",
};

const startWithinMs = 60_000;
const stopWithinMs = 2_500;
const pollMs = 30;
const watchMs = 1_000;
const database = "motif";
/** Connections of this file, which are short and keep no server from stopping. */
const ownName = "motif embedded";

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
  const server = new Server(programs, cluster, {
    ...settings,
    ...options.settings,
  });
  let postmaster = await server.start(await readPort(cluster));
  try {
    await createDatabase(server.url("postgres", postmaster.port));
  } catch {
    // The server that was adopted was just being stopped by its last user.
    postmaster = await server.start(postmaster.port);
    await createDatabase(server.url("postgres", postmaster.port));
  }
  await writeFile(cluster.portFile, `${postmaster.port}\n`);

  const { port } = postmaster;
  const watch = new AbortController();
  const watching = watchServer();
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

  async function watchServer(): Promise<void> {
    while (!watch.signal.aborted) {
      await sleep(watchMs, undefined, {
        signal: watch.signal,
        ref: false,
      }).catch(() => {});
      if (watch.signal.aborted) return;
      if (await isPostmasterOf(postmaster.pid, cluster.directory)) continue;
      try {
        const { pid } = postmaster;
        // On the same port, so that everybody's connections come back.
        postmaster = await server.start(port, watch.signal);
        options.onTrouble?.(
          `PostgreSQL (process ${pid}) was gone; it runs again as process ${postmaster.pid}.`,
        );
      } catch (error) {
        if (watch.signal.aborted) return;
        options.onTrouble?.((error as Error).message);
      }
    }
  }
}

/** One server's process on one folder. */
class Server {
  readonly #programs: PostgresPrograms;
  readonly #cluster: PostgresCluster;
  readonly #settings: Readonly<Record<string, string>>;

  constructor(
    programs: PostgresPrograms,
    cluster: PostgresCluster,
    settings: Readonly<Record<string, string>>,
  ) {
    this.#programs = programs;
    this.#cluster = cluster;
    this.#settings = settings;
  }

  url(database: string, port: number): string {
    return `postgresql://${superuser}:${this.#cluster.password}@127.0.0.1:${port}/${database}`;
  }

  /**
   * Adopts the server that runs on the folder or starts one; until it answers.
   * @param wantedPort taken when it is free; with a signal it must be, since others have connected to it
   */
  async start(
    wantedPort: number | null,
    restart?: AbortSignal,
  ): Promise<Postmaster> {
    const { directory } = this.#cluster;
    const deadline = performance.now() + startWithinMs;
    let problem = "it did not answer";
    while (performance.now() < deadline && !restart?.aborted) {
      const running = await readPostmaster(directory);
      if (running === null) {
        const port = restart ? wantedPort : await freePort(wantedPort);
        problem = (await this.#launch(port ?? 0, deadline)) ?? problem;
      } else if (!(await isPostmasterOf(running.pid, directory))) {
        if (isProcessAlive(running.pid))
          await removeStalePidFile(directory, running);
        else {
          const port = restart ? wantedPort : await freePort(wantedPort);
          problem = (await this.#launch(port ?? 0, deadline)) ?? problem;
        }
      } else if (await this.#answers(running.port)) return running;
      await sleep(pollMs);
    }
    throw new ControlPlaneError(
      "unavailable",
      `PostgreSQL in ${directory} did not start: ${problem}. Its log is ${this.#cluster.logFile}.`,
    );
  }

  /**
   * Starts a process and waits until it answers or ends.
   * @returns what the log says where it ended
   */
  async #launch(port: number, deadline: number): Promise<string | null> {
    const { directory, logFile } = this.#cluster;
    await rename(logFile, `${logFile}.old`).catch(() => {});
    const log = await open(logFile, "a", 0o600);
    const child = spawn(
      this.#programs.postgres,
      [
        "-D",
        directory,
        "-p",
        String(port),
        ...Object.entries(this.#settings).flatMap(([name, value]) => [
          "-c",
          `${name}=${value}`,
        ]),
      ],
      {
        ...identity(this.#programs.user),
        cwd: directory,
        // In a session of its own: Ctrl+C is for this process, which stops the server when it is done with it.
        detached: true,
        stdio: ["ignore", log.fd, log.fd],
      },
    );
    const ended = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) =>
        resolve(`it ended with ${signal ?? `status ${code}`}`),
      );
    });
    child.unref();
    await log.close();
    while (performance.now() < deadline) {
      const end = await Promise.race([ended, sleep(pollMs, null)]);
      if (end !== null) return this.#explain(end);
      if (await this.#answers(port)) return null;
    }
    return null;
  }

  async #explain(end: string): Promise<string> {
    const log = await readFile(this.#cluster.logFile, "utf8").catch(() => "");
    const fatal = log
      .split("\n")
      .filter((line) => /FATAL|PANIC|error/i.test(line))
      .slice(-2)
      .map((line) => line.replace(/^.*?(FATAL|PANIC):\s*/, ""));
    return fatal.length > 0 ? fatal.join("; ") : end;
  }

  /** Whether the server at a port is the one on our folder, and takes connections. */
  async #answers(port: number): Promise<boolean> {
    const client = newClient(this.url("postgres", port));
    try {
      await client.connect();
      const { rows } = await client.query<{ data_directory: string }>(
        "SHOW data_directory",
      );
      const place = rows[0]?.data_directory;
      return (
        place !== undefined &&
        (await realpath(place)) === (await realpath(this.#cluster.directory))
      );
    } catch {
      return false;
    } finally {
      await client.end().catch(() => {});
    }
  }

  /** Stops the server unless another is connected. */
  async stop(postmaster: Postmaster): Promise<boolean> {
    const client = newClient(this.url("postgres", postmaster.port));
    try {
      await client.connect();
      if (await hasOtherClients(client)) return false;
    } catch {
      // It does not answer: ended already, or on its way.
    } finally {
      await client.end().catch(() => {});
    }
    const { directory } = this.#cluster;
    if (!(await isPostmasterOf(postmaster.pid, directory))) return true;
    const deadline = performance.now() + stopWithinMs;
    // SIGINT: transactions are broken off, everything is written, the server ends.
    process.kill(postmaster.pid, "SIGINT");
    while (await isPostmasterOf(postmaster.pid, directory)) {
      if (performance.now() > deadline) {
        // Ends at once; the next start recovers from the log that was written ahead.
        process.kill(postmaster.pid, "SIGQUIT");
        break;
      }
      await sleep(pollMs);
    }
    return true;
  }
}

/** Connections that just closed may show for a moment. */
async function hasOtherClients(client: pg.Client): Promise<boolean> {
  const deadline = performance.now() + 500;
  for (;;) {
    const { rows } = await client.query<{ others: number }>(
      `SELECT count(*)::int AS others FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND application_name <> $1`,
      [ownName],
    );
    if (rows[0]?.others === 0) return false;
    if (performance.now() > deadline) return true;
    await sleep(pollMs);
  }
}

async function createDatabase(url: string): Promise<void> {
  const client = newClient(url);
  await client.connect();
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
  } finally {
    await client.end();
  }
}

function newClient(connectionString: string): pg.Client {
  const client = new pg.Client({
    connectionString,
    application_name: ownName,
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
  });
  // A server that goes away is noticed by the statement that fails.
  client.on("error", () => {});
  return client;
}

async function readPort(cluster: PostgresCluster): Promise<number | null> {
  const port = Number(await readFile(cluster.portFile, "utf8").catch(() => ""));
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : null;
}
