/** The folder that holds what a control plane keeps. */
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { ControlPlaneError } from "../control-plane-error.ts";

/** Where it is unless said otherwise. Root's home is closed to the user that PostgreSQL then runs as. */
export function defaultDataDirectory(): string {
  return process.getuid?.() === 0
    ? "/var/lib/motif"
    : join(homedir(), ".motif");
}

/**
 * Makes the folder where there is none, and tries to write.
 * @throws ControlPlaneError `storage-full`, or `unavailable` where it cannot be made or written
 */
export async function prepareDataDirectory(directory: string): Promise<void> {
  try {
    // As root, PostgreSQL's user passes through; each part of the folder looks after itself.
    const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
    const made = await mkdir(directory, { recursive: true, mode });
    // Whatever the umask.
    if (made !== undefined) await chmod(directory, mode);
    const trial = join(directory, `.trial-${process.pid}`);
    await writeFile(trial, "written and removed at every start\n");
    await rm(trial);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === "ENOSPC"
      ? new ControlPlaneError(
          "storage-full",
          `There is no room for the data folder ${directory}. Make room, or choose another with --data-dir.`,
          { cause: error },
        )
      : new ControlPlaneError(
          "unavailable",
          `The data folder ${directory} cannot be written (${message}). Choose another with --data-dir.`,
          { cause: error },
        );
  }
}
