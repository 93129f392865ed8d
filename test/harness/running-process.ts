/**
 * A process that a test started and may kill, freeze and wake by its id. What it says goes to a log file. Whatever way the test
 * ends, its processes end with it.
 */
import { spawn, type ChildProcess } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { createInterface } from "node:readline";
import { waitFor } from "./wait-for.ts";

export interface ProcessStart {
  /** For messages; names the log. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** On top of this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly logPath: string;
}

export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

const alive = new Set<RunningProcess>();
/** What else ends processes; must not wait for anything. */
export const onExit = new Set<() => void>();
const endAll = () => {
  for (const process of alive) process.signal("SIGKILL");
  for (const end of onExit) end();
};
process.on("exit", endAll);
// The test runner ends its workers so when it is interrupted.
process.once("SIGTERM", () => {
  endAll();
  process.exit(143);
});

export class RunningProcess {
  readonly name: string;
  readonly logPath: string;
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #lines: Record<string, unknown>[] = [];
  #ending: Ending | undefined;

  constructor({ name, program, args, env, logPath }: ProcessStart) {
    this.name = name;
    this.logPath = logPath;
    writeFileSync(logPath, `$ ${[program, ...args].join(" ")}\n`, {
      flag: "a",
    });
    this.#child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    alive.add(this);
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      this.#log(`${line}\n`);
      if (line.startsWith("{")) this.#lines.push(parse(line));
    });
    this.#child.stderr!.on("data", (chunk: Buffer) =>
      this.#log(chunk.toString()),
    );
    this.ended = new Promise((resolve) => {
      const end = (ending: Ending) => {
        if (this.#ending) return;
        this.#ending = ending;
        alive.delete(this);
        this.#log(`${name} ended: ${JSON.stringify(ending)}\n`);
        resolve(ending);
      };
      this.#child.on("exit", (status, signal) => end({ status, signal }));
      this.#child.on("error", (error) => {
        this.#log(`${name} did not start: ${error.message}\n`);
        end({ status: -1, signal: null });
      });
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined)
      throw new Error(`${this.name} did not start, see ${this.logPath}`);
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#ending !== undefined;
  }

  /** @returns the first line on standard output that is a JSON object with `key`. @throws Error when the process ends before */
  async line(key: string, withinMs = 60_000): Promise<Record<string, unknown>> {
    const find = () => this.#lines.find((line) => key in line);
    const line = await waitFor(
      `${this.name} (log: ${this.logPath}) to say its ${key}`,
      async () => find() ?? this.hasEnded,
      { withinMs, everyMs: 20 },
    );
    if (line === true)
      throw new Error(
        `${this.name} ended (${JSON.stringify(this.#ending)}) before it said its ${key}:\n${this.log()}`,
      );
    return line;
  }

  signal(name: NodeJS.Signals): void {
    if (!this.hasEnded) this.#child.kill(name);
  }

  /** SIGKILL: it has no chance to say goodbye. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  /** SIGSTOP: it stands still in the middle of whatever it does, its connections stay open. */
  freeze(): void {
    this.signal("SIGSTOP");
  }

  wake(): void {
    this.signal("SIGCONT");
  }

  /** SIGTERM, and SIGKILL where that is not enough in time. */
  async stop(withinMs = 30_000): Promise<Ending> {
    this.wake();
    this.signal("SIGTERM");
    const lastResort = setTimeout(() => this.signal("SIGKILL"), withinMs);
    const ending = await this.ended;
    clearTimeout(lastResort);
    return ending;
  }

  /** The last `characters` of what it said. */
  log(characters = 6_000): string {
    return endOfLog(this.logPath, characters);
  }

  #log(text: string): void {
    appendFileSync(this.logPath, text);
  }
}

/** @returns the last `characters` of a log; empty where there is none */
export function endOfLog(path: string, characters: number): string {
  return existsSync(path) ? readFileSync(path, "utf8").slice(-characters) : "";
}

function parse(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return {};
  }
}
