/**
 * A whole cluster for tests: PostgreSQL, replicas of the control plane on it, and compute nodes, each a process that can be killed,
 * frozen and woken by itself. Nodes reach the replicas, and the replicas PostgreSQL, through proxies: there is a network to break,
 * and what starts again may listen on any free port.
 */
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import {
  openEmbeddedPostgres,
  type EmbeddedPostgres,
} from "../../control-plane/src/database/embedded-postgres.ts";
import * as programs from "./programs.ts";
import { Replica } from "./replica.ts";
import { send } from "./rest.ts";
import { endOfLog, onExit, RunningProcess } from "./running-process.ts";
import { TcpProxy } from "./tcp-proxy.ts";
import { waitFor } from "./wait-for.ts";

export interface NodeOptions {
  readonly slots: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Further options of `motif node`. */
  readonly args?: readonly string[];
  /** Its data folder; one of its own by default. */
  readonly dataDirectory?: string;
  /** What it dials; every replica by default, starting with another one for each node. */
  readonly controlPlanes?: readonly string[];
}

export interface ClusterOptions {
  readonly replicas: number;
  /** Further options of each `motif up`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export class Cluster {
  readonly folder: string;
  readonly postgres: EmbeddedPostgres;
  /** Between the replicas and PostgreSQL. */
  readonly postgresProxy: TcpProxy;
  /** For looking, past every proxy. */
  readonly pool: pg.Pool;
  readonly replicas: Replica[] = [];
  readonly nodes = new Map<string, RunningProcess>();
  readonly #nodeOptions = new Map<string, NodeOptions>();
  readonly #logs = new Map<string, string>();

  private constructor(
    folder: string,
    postgres: EmbeddedPostgres,
    postgresProxy: TcpProxy,
  ) {
    this.folder = folder;
    this.postgres = postgres;
    this.postgresProxy = postgresProxy;
    this.pool = new pg.Pool({ connectionString: postgres.url, max: 4 });
    // A server that is killed shows in the statements that fail.
    this.pool.on("error", () => {});
    onExit.add(this.#endPostgres);
  }

  readonly #endPostgres = (): void => {
    try {
      process.kill(this.postgres.pid(), "SIGQUIT");
    } catch {
      // It has ended.
    }
  };

  static async start(options: ClusterOptions): Promise<Cluster> {
    const folder = await mkdtemp(join(tmpdir(), "motif-cluster-"));
    // As root, PostgreSQL runs as another user, who has to get in.
    await chmod(folder, 0o711);
    await mkdir(join(folder, "data"), { mode: 0o711 });
    const postgres = await openEmbeddedPostgres({ dataDirectory: folder });
    const cluster = new Cluster(
      folder,
      postgres,
      await TcpProxy.start(postgres.port),
    );
    try {
      for (let i = 0; i < options.replicas; i++)
        cluster.replicas.push(
          await cluster.#newReplica(`replica-${i}`, options),
        );
      // Together: what they do first on an empty database must not need one of them to come first.
      await Promise.all(
        cluster.replicas.map((replica) => replica.start({ env: options.env })),
      );
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  async #newReplica(name: string, options: ClusterOptions): Promise<Replica> {
    const database = new URL(this.postgres.url);
    database.port = String(this.postgresProxy.port);
    const logPath = join(this.folder, `${name}.log`);
    this.#logs.set(name, logPath);
    return new Replica(
      name,
      await TcpProxy.start(0),
      [
        ...["--database-url", database.href, "--port", "0", "--grpc-port", "0"],
        ...["--data-dir", join(this.folder, "data"), "--json"],
        ...(options.args ?? []),
      ],
      logPath,
    );
  }

  /** Starts a node, or again one that has ended, with the data folder it had. Comes back when the cluster has it. */
  async startNode(
    name: string,
    options?: NodeOptions,
  ): Promise<RunningProcess> {
    const chosen = options ?? this.#nodeOptions.get(name);
    if (!chosen) throw new Error(`${name} was never started`);
    this.#nodeOptions.set(name, chosen);
    const logPath = join(this.folder, `${name}.log`);
    this.#logs.set(name, logPath);
    const before = await this.instanceOf(name);
    const node = this.spawnNode(name, chosen, logPath);
    await waitFor(
      `${name} (log: ${logPath}) to join`,
      async () => {
        if (node.hasEnded) return true;
        const now = await this.instanceOf(name);
        return now !== null && now !== before;
      },
      { withinMs: 60_000 },
    );
    if (node.hasEnded)
      throw new Error(`${name} ended instead of joining:\n${node.log()}`);
    return node;
  }

  /** Starts a node's process and does not wait for it to join. */
  spawnNode(
    name: string,
    options: NodeOptions,
    logPath = join(this.folder, `${name}.log`),
  ): RunningProcess {
    this.#logs.set(name, logPath);
    // The same after each start, so that the nodes stay spread over the replicas.
    const known = [...this.nodes.keys()];
    const first = known.includes(name) ? known.indexOf(name) : known.length;
    const dialled =
      options.controlPlanes ??
      this.replicas.map(
        (_, i) =>
          `127.0.0.1:${this.replicas[(first + i) % this.replicas.length].proxy.port}`,
      );
    const node = new RunningProcess({
      name,
      program: programs.node,
      args: [
        ...[programs.gpuNode, "node", "--control-plane", dialled.join(",")],
        ...["--slots", String(options.slots), "--name", name, "--json"],
        ...["--threads", "1", "--backend", "onnxruntime:cpu"],
        "--data-dir",
        options.dataDirectory ?? join(this.folder, `${name}-data`),
        ...(options.args ?? []),
      ],
      env: options.env,
      logPath,
    });
    this.nodes.set(name, node);
    return node;
  }

  /** The process of a node, as it was last started. */
  node(name: string): RunningProcess {
    const node = this.nodes.get(name);
    if (!node) throw new Error(`${name} was never started`);
    return node;
  }

  async instanceOf(name: string): Promise<string | null> {
    const [node] = await this.query<{ instance_id: string | null }>(
      `SELECT instance_id FROM gpu_node WHERE name = $1 AND status = 'ONLINE'`,
      [name],
    );
    return node?.instance_id ?? null;
  }

  async query<Row extends pg.QueryResultRow>(
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    return (await this.pool.query<Row>(sql, [...values])).rows;
  }

  /** The database's time; differences of it are what leases count by. */
  async databaseTime(): Promise<Date> {
    const [row] = await this.query<{ now: Date }>("SELECT now() AS now");
    return row.now;
  }

  /** Sends a request to a replica that runs; JSON both ways. @throws Error with the problem document where it is refused */
  async request<T>(
    method: "GET" | "POST" | "DELETE",
    path: string,
    body?: unknown,
  ): Promise<T> {
    const replica = this.replicas.find(({ isRunning }) => isRunning);
    if (!replica) throw new Error("no replica runs");
    const { status, body: answer } = await send<T>(
      replica.address,
      method,
      path,
      body,
    );
    if (status >= 400)
      throw new Error(
        `${method} ${path} gave ${status}: ${JSON.stringify(answer)}`,
      );
    return answer;
  }

  /** The end of every log, for a test that failed. */
  logs(characters = 4_000): string {
    const running = [
      ...this.replicas.filter(({ isRunning }) => isRunning).map((r) => r.name),
      ...[...this.nodes].filter(([, n]) => !n.hasEnded).map(([name]) => name),
    ];
    const parts = [...this.#logs].map(
      ([name, path]) =>
        `──── ${name}${running.includes(name) ? "" : " (ended)"}: the end of ${path}\n${endOfLog(path, characters)}`,
    );
    return parts.join("\n");
  }

  /** Ends everything by its process id and removes its files. */
  async close(): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.kill()));
    await Promise.all(
      this.replicas.map(async (replica) => {
        if (replica.isRunning) await replica.process.kill();
        await replica.proxy.close();
      }),
    );
    await this.postgresProxy.close();
    await this.pool.end();
    await waitFor("PostgreSQL to stop", () => this.postgres.close(), {
      withinMs: 20_000,
    });
    onExit.delete(this.#endPostgres);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }
}
