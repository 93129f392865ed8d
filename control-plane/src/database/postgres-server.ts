/** The server process on an embedded PostgreSQL's folder: found or started, asked, stopped. */
import { spawn } from "node:child_process";
import {
  type FileHandle,
  open,
  readFile,
  realpath,
  rename,
} from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { ControlPlaneError } from "../control-plane-error.ts";
import { superuser, type PostgresCluster } from "./postgres-cluster.ts";
import { identity, type PostgresPrograms } from "./postgres-programs.ts";
import {
  isPostmasterOf,
  isProcessAlive,
  readPostmaster,
  removeStalePidFile,
  type Postmaster,
} from "./postmaster.ts";

/** Recovery after a crash reads up to a gigabyte of log. */
const startWithinMs = 120_000;
const stopWithinMs = 2_500;
const pollMs = 30;
/** A server that ends at once is started this often: another's port, or children of a killed one, may have been in its way. */
const mostLaunches = 5;
const largestLogBytes = 4 * 2 ** 20;

/** Connections of this file, which are short and keep no server from stopping. */
const ownName = "motif embedded";

export class PostgresServer {
  readonly #programs: PostgresPrograms;
  readonly #cluster: PostgresCluster;
  readonly #settings: Readonly<Record<string, string>>;

  /** @param settings of the server, by name */
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
   * @param choosePort for one that is started
   * @throws ControlPlaneError `unavailable` with what its log says; the signal's reason
   */
  async start(
    choosePort: () => number | Promise<number>,
    signal?: AbortSignal,
  ): Promise<Postmaster> {
    const { directory, logFile } = this.#cluster;
    const deadline = performance.now() + startWithinMs;
    let problem = "it did not answer in time";
    let launches = 0;
    while (performance.now() < deadline && launches < mostLaunches) {
      signal?.throwIfAborted();
      const running = await readPostmaster(directory);
      if (running && (await isPostmasterOf(running.pid, directory))) {
        if (await this.#answers(running.port)) return running;
      } else if (running && isProcessAlive(running.pid)) {
        await removeStalePidFile(directory, running);
      } else {
        const end = await this.#launch(await choosePort(), deadline);
        if (end !== null) {
          problem = end;
          await sleep(100 * 2 ** launches++);
        }
      }
      await sleep(pollMs);
    }
    throw new ControlPlaneError(
      "unavailable",
      `PostgreSQL in ${directory} did not start: ${problem}. Its log is ${logFile}.`,
    );
  }

  /**
   * Stops the server, unless others are connected or it does not say whether.
   * @returns whether none runs now
   */
  async stop(postmaster: Postmaster): Promise<boolean> {
    const { directory } = this.#cluster;
    const { pid, port } = postmaster;
    if (!(await isPostmasterOf(pid, directory))) return true;
    const isIdle = await this.ask(port, (client) => isUnused(client), 2_000)
      // Left running: whoever starts next goes on with it.
      .catch(() => false);
    if (!isIdle) return false;
    const deadline = performance.now() + stopWithinMs;
    // Transactions are broken off, everything is written, the server ends.
    process.kill(pid, "SIGINT");
    while (await isPostmasterOf(pid, directory)) {
      if (performance.now() > deadline) {
        // Ends at once; the next start recovers from the log that was written ahead.
        process.kill(pid, "SIGQUIT");
        return true;
      }
      await sleep(pollMs);
    }
    return true;
  }

  /** Runs statements in the server's own database. */
  async ask<T>(
    port: number,
    question: (client: pg.Client) => Promise<T>,
    patienceMs = 5_000,
  ): Promise<T> {
    const client = new pg.Client({
      connectionString: this.url("postgres", port),
      application_name: ownName,
      connectionTimeoutMillis: patienceMs,
      query_timeout: patienceMs,
    });
    // A server that goes away is noticed by the statement that fails.
    client.on("error", () => {});
    try {
      await client.connect();
      return await question(client);
    } finally {
      await client.end().catch(() => {});
    }
  }

  /**
   * Starts a process and waits until it answers or ends.
   * @returns why it ended, or null
   */
  async #launch(port: number, deadline: number): Promise<string | null> {
    const { directory } = this.#cluster;
    const log = await this.#openLog();
    const { size } = await log.stat();
    const settings = Object.entries(this.#settings).flatMap(([name, value]) => [
      "-c",
      `${name}=${value}`,
    ]);
    const child = spawn(
      this.#programs.postgres,
      ["-D", directory, "-p", String(port), ...settings],
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
      if (end !== null) return (await this.#readLastWords(size)) ?? end;
      if (await this.#answers(port)) return null;
    }
    return null;
  }

  /** The log is appended to, and begun anew when it has grown large. */
  async #openLog(): Promise<FileHandle> {
    const { logFile } = this.#cluster;
    const log = await open(logFile, "a", 0o600);
    const { size } = await log.stat();
    if (size < largestLogBytes) return log;
    await log.close();
    await rename(logFile, `${logFile}.old`);
    return open(logFile, "a", 0o600);
  }

  /** What a server that ended at once has written since `start`, in bytes. */
  async #readLastWords(start: number): Promise<string | null> {
    const log = await readFile(this.#cluster.logFile).catch(() => null);
    const lines = log?.subarray(start).toString().split("\n") ?? [];
    const fatal = lines
      .map((line) => /\b(?:FATAL|PANIC):\s*(.*)/.exec(line)?.[1])
      .filter((reason) => reason !== undefined);
    return fatal.at(-1) ?? null;
  }

  /** Whether the server at a port is the one on our folder, and takes connections. */
  async #answers(port: number): Promise<boolean> {
    try {
      const place = await this.ask(port, async (client) => {
        const { rows } = await client.query<{ data_directory: string }>(
          "SHOW data_directory",
        );
        return rows[0]?.data_directory;
      });
      return (
        place !== undefined &&
        (await realpath(place)) === (await realpath(this.#cluster.directory))
      );
    } catch {
      return false;
    }
  }
}

/** Whether nobody is connected. Connections that just closed may show for a moment. */
async function isUnused(client: pg.Client): Promise<boolean> {
  const deadline = performance.now() + 500;
  for (;;) {
    const { rows } = await client.query<{ others: number }>(
      `SELECT count(*)::int AS others FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND application_name <> $1`,
      [ownName],
    );
    if (rows[0]?.others === 0) return true;
    if (performance.now() > deadline) return false;
    await sleep(pollMs);
  }
}
