/** A PostgreSQL of one test's own, to be killed and stopped. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  isPostmasterOf,
  readPostmaster,
} from "../../control-plane/src/database/postmaster.ts";

/** An empty folder under which an embedded PostgreSQL can be, whoever runs the test. */
export async function newDataDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "motif-data-"));
  // As root, PostgreSQL runs as another user.
  await chmod(directory, 0o711);
  return directory;
}

/** Removes it, and ends the server that a failed test has left in it. */
export async function removeDataDirectory(directory: string): Promise<void> {
  const data = join(directory, "postgres", "data");
  const postmaster = await readPostmaster(data);
  if (postmaster && (await isPostmasterOf(postmaster.pid, data)))
    process.kill(postmaster.pid, "SIGQUIT");
  await rm(directory, { recursive: true, force: true, maxRetries: 10 });
}
