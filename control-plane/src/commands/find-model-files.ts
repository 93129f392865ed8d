/** The models in a folder and the folders below it. Links out of the folder are not followed: what is added is what is in there. */
import { opendir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { ControlPlaneError } from "../control-plane-error.ts";

export interface ModelFiles {
  /** Every *.onnx, by path. */
  readonly paths: readonly string[];
  /** What could not be looked at, or must not be. */
  readonly leftOut: readonly LeftOut[];
}

export interface LeftOut {
  readonly path: string;
  readonly problem: string;
}

export interface FolderBounds {
  readonly depth: number;
  readonly models: number;
  /** Files and folders of any kind. */
  readonly entries: number;
}

const bounds: FolderBounds = { depth: 16, models: 10_000, entries: 200_000 };

/** @throws ControlPlaneError "invalid" where the folder cannot be read, or has more than the bounds */
export async function findModelFiles(
  folder: string,
  most = bounds,
): Promise<ModelFiles> {
  const root = await realpath(folder).catch((cause: unknown) => {
    throw new ControlPlaneError("invalid", `${folder}: ${reasonOf(cause)}`, {
      cause,
    });
  });
  const paths: string[] = [];
  const leftOut: LeftOut[] = [];
  let entries = 0;
  const waiting = [{ place: folder, depth: 0 }];
  for (const { place, depth } of waiting) {
    const inside = await opendir(place).catch((cause: unknown) => {
      const problem = `it cannot be read (${reasonOf(cause)}).`;
      if (depth === 0)
        throw new ControlPlaneError("invalid", `${place}: ${problem}`);
      leftOut.push({ path: place, problem });
      return [];
    });
    for await (const entry of inside) {
      if (++entries > most.entries)
        throw tooMany(folder, `${most.entries} files and folders`);
      const path = join(place, entry.name);
      const isModel = /\.onnx$/i.test(entry.name);
      if (entry.isDirectory()) {
        if (depth < most.depth) waiting.push({ place: path, depth: depth + 1 });
        else
          leftOut.push({
            path,
            problem: `it is more than ${most.depth} levels down. Add it by itself.`,
          });
        continue;
      }
      if (entry.isSymbolicLink()) {
        const problem = await whyNotFollowed(path, root, isModel);
        if (problem !== null) leftOut.push({ path, problem });
        if (problem !== null || !isModel) continue;
      } else if (!isModel || !entry.isFile()) continue;
      paths.push(path);
      if (paths.length > most.models)
        throw tooMany(folder, `${most.models} models`);
    }
  }
  return { paths: paths.sort(), leftOut };
}

/** Whether a file beside a model is in the folder too, and not a link to elsewhere. */
export async function isInside(path: string, folder: string): Promise<boolean> {
  return isBelow(await realpath(path), await realpath(folder));
}

/**
 * A folder that a link leads to is in here anyway, or it must not be looked at.
 * @returns null for what is in the folder, or is nothing to us
 */
async function whyNotFollowed(
  path: string,
  root: string,
  isModel: boolean,
): Promise<string | null> {
  try {
    const target = await realpath(path);
    const facts = await stat(target);
    if (!facts.isDirectory() && !isModel) return null;
    if (!isBelow(target, root))
      return "a link to outside of the folder is not followed.";
    return isModel && !facts.isFile() ? "it is no file." : null;
  } catch (cause) {
    return isModel ? `the link leads nowhere (${reasonOf(cause)}).` : null;
  }
}

const isBelow = (path: string, root: string): boolean =>
  path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);

const tooMany = (folder: string, what: string): ControlPlaneError =>
  new ControlPlaneError(
    "invalid",
    `${folder} has more than ${what}. Add the folders in it one by one.`,
  );

const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);
