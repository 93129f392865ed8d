/**
 * The file that decoded images go to. Without a cache it has no name any more once it is open, so that it is gone with the
 * process, however that ends.
 */
import { randomUUID } from "node:crypto";
import { open, statfs, unlink, type FileHandle } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { MotifError } from "../motif-error.ts";
import { explainIoError } from "./io-error.ts";

/** @throws MotifError "storage" when `folder` cannot be written to, or has too little room for `bytes` */
export async function openScratchFile(
  bytes: number,
  folder = tmpdir(),
): Promise<FileHandle> {
  await checkRoom(folder, bytes);
  const path = join(folder, `motif-${randomUUID()}`);
  try {
    const file = await open(path, "wx+", 0o600);
    await unlink(path).catch(async (error: unknown) => {
      await file.close();
      throw error;
    });
    return file;
  } catch (cause) {
    throw explainIoError(folder, cause, "storage");
  }
}

/** A name that tells which process writes the file, so that others can tell when it was left behind. */
export function partialName(target: string): string {
  return `${target}.${hostname()}.${process.pid}.${randomUUID()}.partial`;
}

/** Whether a `partialName` belongs to a process of this machine that has ended. */
export function isAbandoned(name: string): boolean {
  const pieces = name.split(".");
  const [pid, , suffix] = pieces.slice(-3);
  if (suffix !== "partial" || !/^\d+$/.test(pid)) return false;
  if (!name.includes(`.${hostname()}.${pid}.`)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** Says beforehand what would else fail halfway. */
export async function checkRoom(folder: string, bytes: number): Promise<void> {
  let free: number;
  try {
    const { bavail, bsize } = await statfs(folder);
    free = bavail * bsize;
  } catch (cause) {
    throw explainIoError(folder, cause, "storage");
  }
  if (free < bytes) {
    throw new MotifError(
      "storage",
      `${folder}: the decoded images take ${inMiB(bytes)}, ${inMiB(free)} are free: the disk is full. Free some space, or name another --cache.`,
    );
  }
}

const inMiB = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
