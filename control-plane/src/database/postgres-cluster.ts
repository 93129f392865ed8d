/**
 * The files of an embedded PostgreSQL. Its folder comes into being whole, by a rename, so that of several processes that start on
 * an empty data folder at once one wins and the others find a complete one.
 *
 *     postgres/data       PostgreSQL's own, belongs to the user that runs it
 *     postgres/password   of the superuser `motif`; for this process' user alone
 *     postgres/port       on loopback, kept from start to start where it is free
 *     postgres/log        what PostgreSQL wrote since it was last started, and before that in log.old
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ControlPlaneError } from "../control-plane-error.ts";
import { identity, type PostgresPrograms } from "./postgres-programs.ts";
import { isProcessAlive } from "./postmaster.ts";

const run = promisify(execFile);

/** The embedded PostgreSQL's superuser. */
export const superuser = "motif";

export interface PostgresCluster {
  /** PostgreSQL's data folder; absolute. */
  readonly directory: string;
  readonly password: string;
  readonly portFile: string;
  readonly logFile: string;
}

/**
 * Opens the cluster in a folder, or makes one.
 * @param folder its parent exists
 * @throws ControlPlaneError `conflict` where the folder belongs to another major version or a part is missing; `unavailable` where it
 *   cannot be made
 */
export async function openPostgresCluster(
  folder: string,
  programs: PostgresPrograms,
): Promise<PostgresCluster> {
  await removeUnfinished(folder);
  if (!(await hasCluster(folder))) await createCluster(folder, programs);
  const directory = join(folder, "data");
  const version = (await readPart(folder, join("data", "PG_VERSION"))).trim();
  if (version !== programs.majorVersion)
    throw new ControlPlaneError(
      "conflict",
      `${directory} belongs to PostgreSQL ${version}, and this Motif comes with PostgreSQL ${programs.majorVersion}. Start it with the Motif that made it and move the rows with pg_dump, or name a PostgreSQL ${version} with --database-url.`,
    );
  return {
    directory,
    password: (await readPart(folder, "password")).trim(),
    portFile: join(folder, "port"),
    logFile: join(folder, "log"),
  };
}

async function hasCluster(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length > 0;
  } catch (error) {
    if (isCode(error, "ENOENT")) return false;
    throw unusable(folder, error);
  }
}

async function readPart(folder: string, name: string): Promise<string> {
  try {
    return await readFile(join(folder, name), "utf8");
  } catch (error) {
    throw new ControlPlaneError(
      "conflict",
      `${join(folder, name)} cannot be read (${(error as Error).message}), so the PostgreSQL in ${folder} cannot be started. Put the file back from a backup, or start with another --data-dir.`,
      { cause: error },
    );
  }
}

async function createCluster(
  folder: string,
  programs: PostgresPrograms,
): Promise<void> {
  const unfinished = `${folder}.new-${process.pid}-${randomBytes(4).toString("hex")}`;
  const directory = join(unfinished, "data");
  const passwordFile = join(unfinished, "password");
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const password = randomBytes(24).toString("base64url");
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    const { user } = programs;
    if (user) {
      // Passed through by the user that PostgreSQL runs as, but not read.
      await chmod(unfinished, 0o711);
      await chown(directory, user.uid, user.gid);
      await chown(passwordFile, user.uid, user.gid);
    }
    await run(
      programs.initdb,
      [
        `--pgdata=${directory}`,
        `--username=${superuser}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
      ],
      { ...identity(user), cwd: directory },
    );
    if (user) await chown(passwordFile, 0, 0);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process was first.
    if (isCode(error, "ENOTEMPTY") || isCode(error, "EEXIST")) return;
    throw error instanceof ControlPlaneError ? error : unusable(folder, error);
  }
}

/** What processes left behind that died while they made a cluster. */
async function removeUnfinished(folder: string): Promise<void> {
  const parent = dirname(folder);
  const prefix = `${folder.slice(parent.length + 1)}.new-`;
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    if (isProcessAlive(Number.parseInt(name.slice(prefix.length)))) continue;
    await rm(join(parent, name), { recursive: true, force: true });
  }
}

function unusable(folder: string, error: unknown): ControlPlaneError {
  const output = (error as { stderr?: string }).stderr?.trim();
  return new ControlPlaneError(
    isCode(error, "ENOSPC") || output?.includes("No space left on device")
      ? "storage-full"
      : "unavailable",
    `No PostgreSQL can be made in ${folder}: ${output || (error as Error).message}. Make room or choose another --data-dir, or name a PostgreSQL with --database-url.`,
    { cause: error },
  );
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
