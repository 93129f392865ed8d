/** The process of a PostgreSQL server, and the file in its data folder that says so. */
import { execFile } from "node:child_process";
import {
  link,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
} from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/** What `postmaster.pid` says; null where there is none, or it is being written. */
export async function readPostmaster(
  directory: string,
): Promise<Postmaster | null> {
  const text = await readFile(pidFile(directory), "utf8").catch(() => "");
  // Lines: process id, data folder, start time, port, socket folder, address, shared memory, state.
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  return pid > 0 && port > 0 ? { pid, port } : null;
}

/** Whether a process is there at all, zombies included. */
export function isProcessAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Whether process `pid` is a PostgreSQL server on `directory`, and not one that got its number since. A server has its data folder
 * as its working folder.
 */
export async function isPostmasterOf(
  pid: number,
  directory: string,
): Promise<boolean> {
  if (!isProcessAlive(pid)) return false;
  if (process.platform === "linux") {
    try {
      const [place, wanted] = await Promise.all([
        readlink(`/proc/${pid}/cwd`),
        realpath(directory),
      ]);
      return place === wanted;
    } catch {
      // A zombie, or another user's: neither is a server that we started.
      return false;
    }
  }
  try {
    const { stdout } = await run("ps", ["-o", "command=", "-p", String(pid)]);
    return stdout.includes("postgres") && stdout.includes(directory);
  } catch {
    // Without ps nothing is known: leave the file to PostgreSQL, which checks for itself.
    return true;
  }
}

/**
 * Removes the file of a server that is gone. PostgreSQL does it itself, except where another process has the number by now, as
 * happens in a container that was started again. The file is moved away first and put back if it is not the one that was
 * judged; should a server's children still live, PostgreSQL finds them by the folder's shared memory and does not start.
 */
export async function removeStalePidFile(
  directory: string,
  stale: Postmaster,
): Promise<void> {
  const file = pidFile(directory);
  const aside = `${file}.stale-${process.pid}`;
  try {
    await rename(file, aside);
  } catch {
    // Removed by another process meanwhile.
    return;
  }
  const moved = Number((await readFile(aside, "utf8")).split("\n")[0]);
  if (moved !== stale.pid)
    await link(aside, file).catch(() => {
      // A server has written a new one.
    });
  await rm(aside, { force: true });
}

function pidFile(directory: string): string {
  return join(directory, "postmaster.pid");
}
