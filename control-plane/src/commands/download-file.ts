/** A file out of the artifact store: whole and with its digest, or not there at all. */
import { createHash } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { ApiClient } from "./api-client.ts";
import { digestFile } from "./upload-file.ts";

/**
 * Leaves a file that has the digest as it is.
 * @returns whether it had to be fetched
 * @throws ControlPlaneError "corrupt" where the bytes do not have the digest; "storage-full" where they cannot be written
 */
export async function downloadFile(
  client: ApiClient,
  sha256: string,
  path: string,
): Promise<boolean> {
  if ((await digestFile(path).catch(() => null)) === sha256) return false;
  await writeWhole(path, await fetchArtifact(client, sha256, path));
  return true;
}

/**
 * @param path what it is for, for messages
 * @throws ControlPlaneError "corrupt" where the bytes do not have the digest
 */
export async function fetchArtifact(
  client: ApiClient,
  sha256: string,
  path: string,
): Promise<Buffer> {
  const response = await client.fetch(`/api/artifacts/${sha256}`);
  const bytes = Buffer.from(await response.arrayBuffer());
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found === sha256) return bytes;
  throw new ControlPlaneError(
    "corrupt",
    `${path}: the server sent bytes with the digest ${found} for ${sha256}. Export again; if it stays so, its store is damaged.`,
  );
}

/** Temporary name, flush, rename. @throws ControlPlaneError "storage-full" naming the path and what the system said */
export async function writeWhole(
  path: string,
  bytes: Uint8Array | string,
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
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
    throw new ControlPlaneError(
      "storage-full",
      `${path}: it cannot be written (${cause instanceof Error ? cause.message : String(cause)}). Free some space or choose another folder.`,
      { cause },
    );
  }
}
