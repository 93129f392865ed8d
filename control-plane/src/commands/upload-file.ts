/** A file of this machine to the artifact store, unless it is there already. */
import { createHash } from "node:crypto";
import { createReadStream, openAsBlob } from "node:fs";
import { pipeline } from "node:stream/promises";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { ApiClient } from "./api-client.ts";

export interface StoredFile {
  readonly sha256: string;
  readonly bytes: number;
}

/** @throws ControlPlaneError "invalid" where the file cannot be read; what the server refuses with */
export async function uploadFile(
  client: ApiClient,
  path: string,
): Promise<StoredFile> {
  const sha256 = await digestFile(path);
  const content = await openAsBlob(path);
  if (await isStored(client, sha256)) return { sha256, bytes: content.size };
  const response = await client.fetch("/api/artifacts", {
    method: "POST",
    headers: {
      "content-type": "application/octet-stream",
      "x-sha256": sha256,
    },
    body: content,
  });
  return (await response.json()) as StoredFile;
}

/** @throws ControlPlaneError "invalid" where the file cannot be read */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch (cause) {
    throw new ControlPlaneError(
      "invalid",
      `${path}: it cannot be read (${cause instanceof Error ? cause.message : String(cause)}).`,
      { cause },
    );
  }
  return hash.digest("hex");
}

async function isStored(client: ApiClient, sha256: string): Promise<boolean> {
  try {
    const response = await client.fetch(`/api/artifacts/${sha256}`, {
      method: "HEAD",
    });
    await response.arrayBuffer();
    return true;
  } catch (error) {
    if (error instanceof ControlPlaneError && error.code === "not-found")
      return false;
    throw error;
  }
}
