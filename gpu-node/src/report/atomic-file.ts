/** Files that are either there in full or not there at all. */
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { MotifError } from "../motif-error.ts";

let written = 0;

/**
 * Write `bytes` to a temporary name beside `path`, flush it to the disk and rename it. Folders are made as needed.
 * @throws MotifError "storage" naming the path and what the system said
 */
export async function writeFileAtomically(
  path: string,
  bytes: Uint8Array | string,
): Promise<void> {
  const temporary = `${path}.${process.pid}-${written++}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MotifError(
      "storage",
      `${path}: it cannot be written (${reason}). Free some space or choose another --out.`,
      {
        cause,
      },
    );
  }
}
