/** Vitest's global set-up: names the folder of the tests' PostgreSQL (harness/postgres.ts starts it on first use) and ends it. */
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import {
  isPostmasterOf,
  isProcessAlive,
  readPostmaster,
} from "../../control-plane/src/database/postmaster.ts";

const prefix = "motif-test-postgres-";

export default async function setup(
  project: TestProject,
): Promise<() => Promise<void>> {
  await removeAbandoned();
  const directory = join(tmpdir(), `${prefix}${process.pid}`);
  await mkdir(directory, { recursive: true });
  // As root, PostgreSQL runs as another user.
  await chmod(directory, 0o711);
  project.provide("postgresDirectory", directory);
  return () => remove(directory);
}

/** What runs that were killed have left. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue;
    if (isProcessAlive(Number(name.slice(prefix.length)))) continue;
    await remove(join(tmpdir(), name));
  }
}

async function remove(directory: string): Promise<void> {
  const data = join(directory, "postgres", "data");
  const postmaster = existsSync(data) ? await readPostmaster(data) : null;
  // SIGQUIT: at once. Nothing of it is kept.
  if (postmaster && (await isPostmasterOf(postmaster.pid, data)))
    process.kill(postmaster.pid, "SIGQUIT");
  await rm(directory, { recursive: true, force: true, maxRetries: 10 });
}
