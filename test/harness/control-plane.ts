/** `motif up` as a process of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(
  new URL("../../control-plane/dist/commands/main.js", import.meta.url),
);

export interface EndedProcess {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningUp {
  readonly url: string;
  /** HOST:PORT for nodes. */
  readonly grpc: string;
  readonly pid: number;
  readonly ended: Promise<EndedProcess>;
  kill(signal: NodeJS.Signals): void;
}

/** Runs `motif up` to its end. */
export function runUp(args: readonly string[]): Promise<EndedProcess> {
  return collect(spawnUp(args));
}

/** Starts `motif up` on free ports, until it is ready. @throws Error with what it wrote where it ends instead */
export async function startUp(args: readonly string[]): Promise<RunningUp> {
  const child = spawnUp([
    ...["--port", "0", "--grpc-port", "0", "--json"],
    ...args,
  ]);
  const ended = collect(child);
  const line = new Promise<string>((resolve) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("\n")) resolve(text);
    });
  });
  const ready = await Promise.race([line, ended]);
  if (typeof ready !== "string")
    throw new Error(`motif up ended with ${ready.status}:\n${ready.stderr}`);
  const { url, grpc, pid } = JSON.parse(ready) as RunningUp;
  return {
    ...{ url, grpc, pid, ended },
    kill: (signal) => void child.kill(signal),
  };
}

function spawnUp(args: readonly string[]): ChildProcess {
  const { MOTIF_DATA: _, MOTIF_DATABASE_URL: __, ...env } = process.env;
  return spawn(process.execPath, [program, "up", ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function collect(child: ChildProcess): Promise<EndedProcess> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [status, signal] = (await once(child, "close")) as [
    number | null,
    NodeJS.Signals | null,
  ];
  return { status, signal, stdout, stderr };
}
