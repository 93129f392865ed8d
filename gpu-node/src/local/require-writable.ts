import { access, constants, mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { MotifError } from "../motif-error.ts";

/** @throws MotifError "storage" before hours of work end at a file that cannot be written */
export async function requireWritable(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    if ((await stat(path).catch(() => null))?.isDirectory())
      throw new Error("it is a folder");
  } catch (cause) {
    throw new MotifError(
      "storage",
      `${path}: it cannot be written (${(cause as Error).message}). Choose another --out.`,
      { cause },
    );
  }
}
