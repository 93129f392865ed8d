/** Files that survive a crash: there in full, or not at all. */
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { MotifError } from "../motif-error.ts";

let written = 0;

/** What temporary names end with; whatever is left of them at a start is rubbish. */
export const temporarySuffix = ".tmp";

/**
 * Temporary name, flush, rename, flush of the folder.
 * @param mode of the file; 0o600 for what only the owner may read
 * @throws MotifError "storage" naming the path and what the system said
 */
export async function writeDurably(
  path: string,
  bytes: Uint8Array | string,
  mode = 0o644,
): Promise<void> {
  const temporary = `${path}.${process.pid}-${written++}${temporarySuffix}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, "w", mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await flushFolder(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw storageError(path, "be written", cause);
  }
}

/** Renames in a folder last once the folder itself is flushed. Windows flushes no folders, and needs not. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** @param verb such as "be written" @returns what a person can mend, with the system's reason */
export function storageError(
  path: string,
  verb: string,
  cause: unknown,
): MotifError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MotifError(
    "storage",
    `${path}: it cannot ${verb} (${reason}). Free some space, or choose another --data-dir.`,
    { cause },
  );
}

/** Whether a file or folder was not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
