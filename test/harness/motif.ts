/** Runs the command line as a person does: the launcher, in a process group of its own. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Finished {
  /** Exit status; −1 where a signal ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  /** Waits until standard error has a text that matches. @throws Error when the process ends before */
  waitFor(text: RegExp): Promise<void>;
  /** Sends a signal to the launcher and what it started, as a terminal does. */
  signal(name: NodeJS.Signals): void;
  readonly finished: Promise<Finished>;
}

const launcher = fileURLToPath(
  new URL("../../infra/motif.mjs", import.meta.url),
);

export function startMotif(...args: string[]): Running {
  const child = spawn(process.execPath, [launcher, ...args], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  let look = () => {};
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    look();
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ status: code ?? -1, stdout, stderr }),
    );
  });
  return {
    finished,
    signal: (name) => void process.kill(-child.pid!, name),
    async waitFor(text) {
      const seen = new Promise<"seen">((resolve) => {
        look = () => {
          if (text.test(stderr)) resolve("seen");
        };
        look();
      });
      const first = await Promise.race([seen, finished]);
      if (first !== "seen")
        throw new Error(`it ended without ${String(text)}: ${stderr}`);
    },
  };
}

export const runMotif = (...args: string[]): Promise<Finished> =>
  startMotif(...args).finished;
