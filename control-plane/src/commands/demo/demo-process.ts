/**
 * One of the demo's processes: started through the launcher in a process group of its own, so that Ctrl+C reaches the demo alone
 * and it can stop them in order; what it says goes to a log file. It ends by itself when the demo dies.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { ControlPlaneError } from "../../control-plane-error.ts";
import { launcherPath } from "../../launcher/launcher.ts";

/** How long a process may take to stop before it is killed; milliseconds. */
const stopWithinMs = 25_000;
/** Lines of the log that are shown when a process dies. */
const shownLines = 15;

export interface DemoProcess {
  readonly name: string;
  /** Rejects when it ends without having been asked to. */
  readonly died: Promise<never>;
  stop(): Promise<void>;
}

export async function startDemoProcess(
  name: string,
  args: readonly string[],
  logPath: string,
): Promise<DemoProcess> {
  await mkdir(dirname(logPath), { recursive: true });
  const log = await open(logPath, "a");
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, [launcherPath, ...args], {
      detached: true,
      stdio: ["pipe", log.fd, log.fd],
      env: { ...process.env, MOTIF_STOP_WITH_INPUT: "1" },
    });
  } finally {
    await log.close();
  }
  let isStopping = false;
  const exited = new Promise<void>((resolve) => {
    child.on("exit", () => resolve());
    child.on("error", () => resolve());
  });
  // It may be gone before it has read that it should stop.
  child.stdin?.on("error", () => {});
  const died = exited.then(async (): Promise<never> => {
    if (isStopping) return new Promise<never>(() => {});
    throw new ControlPlaneError(
      "unavailable",
      `${name} ended. ${logPath} ends with:\n${await readEnd(logPath)}`,
    );
  });
  // Whoever is not waiting for it now asks later.
  died.catch(() => {});
  return {
    name,
    died,
    async stop() {
      isStopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const timer = setTimeout(() => killGroup(child), stopWithinMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

async function readEnd(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-shownLines).join("\n");
}
