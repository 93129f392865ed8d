/** Compute nodes on this machine, each a process of its own, started with the control plane and drained before it stops. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, open } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Logger } from "@nestjs/common";

/** The same place from src/commands and from dist/commands. */
const launcher = fileURLToPath(
  new URL("../../../infra/motif.mjs", import.meta.url),
);

const log = new Logger("Nodes");

export interface LocalNodes {
  /** Lets them hand back their shards; those that take longer are killed, and their shards go to others. */
  stop(withinMs: number): Promise<void>;
}

/**
 * @param controlPlane HOST:PORT for nodes
 * @param dataDirectory each has a folder in `nodes/` and a log in `logs/` under it
 */
export async function startLocalNodes(
  count: number,
  controlPlane: string,
  dataDirectory: string,
): Promise<LocalNodes> {
  const threads = Math.max(1, Math.floor(availableParallelism() / count));
  const children = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startNode(`local-${index + 1}`, controlPlane, threads, dataDirectory),
    ),
  );
  let isStopping = false;
  for (const { name, child, logFile } of children)
    child.once("exit", (code, signal) => {
      // It is not started again: what ends a node would most likely end the next one.
      if (!isStopping)
        log.error(
          `Node ${name} ended with ${signal ?? `status ${code}`}. ${logFile} says why; motif node --control-plane ${controlPlane} starts another.`,
        );
    });
  return {
    async stop(withinMs) {
      isStopping = true;
      await Promise.all(children.map(({ child }) => stopNode(child, withinMs)));
    },
  };
}

async function startNode(
  name: string,
  controlPlane: string,
  threads: number,
  dataDirectory: string,
): Promise<{ name: string; child: ChildProcess; logFile: string }> {
  const logs = join(dataDirectory, "logs");
  await mkdir(logs, { recursive: true, mode: 0o700 });
  const logFile = join(logs, `${name}.log`);
  const output = await open(logFile, "w", 0o600);
  try {
    const child = spawn(
      process.execPath,
      [
        launcher,
        ...["node", "--control-plane", controlPlane],
        ...["--name", name, "--threads", String(threads)],
        ...["--data-dir", join(dataDirectory, "nodes", name)],
      ],
      {
        // The other end of its input closes when this process ends, however it does; then the node ends too.
        env: { ...process.env, MOTIF_STOP_WITH_INPUT: "1" },
        stdio: ["pipe", output.fd, output.fd],
        // In a group of its own: Ctrl+C is for this process, which drains it.
        detached: true,
      },
    );
    await once(child, "spawn");
    return { name, child, logFile };
  } finally {
    await output.close();
  }
}

async function stopNode(child: ChildProcess, withinMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const isLate = await Promise.race([
    ended.then(() => false),
    sleep(withinMs, true, { ref: false }),
  ]);
  // The whole group: the launcher's child too.
  if (isLate && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  await ended;
}
