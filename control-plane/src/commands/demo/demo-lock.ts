/** One demo at a time works in a folder. */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ControlPlaneError } from "../../control-plane-error.ts";
import { writeWhole } from "../download-file.ts";

/**
 * @returns what lets it go again
 * @throws ControlPlaneError "conflict" while another process of this machine holds it
 */
export async function lockDemoFolder(
  folder: string,
): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, "demo.pid");
  const holder = Number(await readFile(path, "utf8").catch(() => ""));
  if (holder > 0 && holder !== process.pid && isRunning(holder))
    throw new ControlPlaneError(
      "conflict",
      `${folder}: a demo is running there (process ${holder}). Stop it, choose another --out, or remove ${path} if that process is something else.`,
    );
  await writeWhole(path, String(process.pid));
  return () => rm(path, { force: true });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
