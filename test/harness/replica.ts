/** One replica of the control plane as a process: it may be killed and start again, its address for nodes stays. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RunningProcess } from "./running-process.ts";
import type { TcpProxy } from "./tcp-proxy.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
// Not by the launcher: its process is not the one that works, so killing it would kill nothing.
const programs = {
  node: join(root, "node_modules/.bin/node"),
  controlPlane: join(root, "control-plane/dist/commands/main.js"),
};

export interface ReplicaOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Further options of `motif up`. */
  readonly args?: readonly string[];
}

export class Replica {
  readonly name: string;
  /** Between the nodes and this replica. */
  readonly proxy: TcpProxy;
  readonly #args: readonly string[];
  readonly #logPath: string;
  #process: RunningProcess | undefined;
  #address = "";

  constructor(
    name: string,
    proxy: TcpProxy,
    args: readonly string[],
    logPath: string,
  ) {
    this.name = name;
    this.proxy = proxy;
    this.#args = args;
    this.#logPath = logPath;
  }

  get process(): RunningProcess {
    if (!this.#process) throw new Error(`${this.name} was never started`);
    return this.#process;
  }

  get isRunning(): boolean {
    return this.#process !== undefined && !this.#process.hasEnded;
  }

  /** Origin of REST and socket.io, such as http://127.0.0.1:3000; another after each start. */
  get address(): string {
    return this.#address;
  }

  /** Starts it on free ports, until it takes requests. */
  async start({ env, args }: ReplicaOptions = {}): Promise<void> {
    this.#process = new RunningProcess({
      name: this.name,
      program: programs.node,
      args: [programs.controlPlane, "up", ...this.#args, ...(args ?? [])],
      env,
      logPath: this.#logPath,
    });
    const line = await this.#process.line("address");
    this.#address = String(line.address).replace(/\/$/, "");
    this.proxy.turnTo(Number(String(line.nodes).split(":").at(-1)));
  }
}
