/** One replica of the control plane as a process: it may be killed and start again, its address for nodes stays. */
import * as programs from "./programs.ts";
import { RunningProcess } from "./running-process.ts";
import type { TcpProxy } from "./tcp-proxy.ts";

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
      args: [
        ...[...programs.controlPlaneFlags, programs.controlPlane, "up"],
        ...this.#args,
        ...(args ?? []),
      ],
      env,
      logPath: this.#logPath,
    });
    const line = await this.#process.line("url");
    this.#address = String(line.url);
    this.proxy.turnTo(Number(String(line.grpc).split(":").at(-1)));
  }
}
