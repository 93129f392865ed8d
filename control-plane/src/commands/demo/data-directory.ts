/**
 * Where the demo's control plane keeps its data: in the demo's folder. Root cannot run PostgreSQL, and the user who does it in
 * its place must be able to get there; from a clone in /root, say, the data goes to /var/tmp instead.
 */
import { createHash } from "node:crypto";
import { lstat, mkdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ControlPlaneError } from "../../control-plane-error.ts";

/** Survives a restart of the machine, unlike /tmp, and lets everybody through. */
const elsewhere = "/var/tmp";

/**
 * @param folder absolute; exists
 * @returns an absolute path; the same every time for the same folder
 * @throws ControlPlaneError "conflict" where somebody else has the place in /var/tmp
 */
export async function findDataDirectory(folder: string): Promise<string> {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || (await isOpenToAll(folder))) return join(folder, "data");
  const digest = createHash("sha256").update(resolve(folder)).digest("hex");
  const path = join(elsewhere, `motif-demo-${digest.slice(0, 12)}`);
  await mkdir(path, { recursive: true, mode: 0o711 });
  const facts = await lstat(path);
  if (!facts.isDirectory() || facts.uid !== 0 || (facts.mode & 0o022) !== 0)
    throw new ControlPlaneError(
      "conflict",
      `${path} belongs to somebody else. Choose an --out that other users may pass through, such as /var/lib/motif-demo.`,
    );
  return path;
}

/** Whether every user may pass through a folder and all above it. */
async function isOpenToAll(folder: string): Promise<boolean> {
  for (let path = folder; ; path = dirname(path)) {
    if (((await stat(path)).mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
