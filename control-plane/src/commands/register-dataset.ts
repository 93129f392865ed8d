/** Makes a data set known: by its path on this machine, or file by file to a server elsewhere. */
import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { isLoopback } from "../configuration/configuration.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { ApiClient } from "./api-client.ts";
import type { ApiDataset } from "./api-types.ts";
import { uploadFile } from "./upload-file.ts";

export interface DatasetRegistration {
  readonly path: string;
  readonly name: string;
  readonly split?: string | undefined;
  /** Its bytes even where the server is on this machine. */
  readonly upload?: boolean | undefined;
}

/** Most files that a folder is uploaded as; a folder of images goes as one archive. */
const mostFiles = 64;

/** Whether the server is on this machine and sees its files. */
export function isOnThisMachine(client: ApiClient): boolean {
  return isLoopback(client.url.hostname);
}

/** @throws ControlPlaneError "invalid" where there is no such data set; what the server refuses with */
export async function registerDataset(
  client: ApiClient,
  { path, name, split, upload }: DatasetRegistration,
): Promise<ApiDataset> {
  const names = await listFiles(path);
  const content =
    isOnThisMachine(client) && !upload
      ? { path: resolve(path) }
      : { files: await uploadAll(client, path, names) };
  return client.post<ApiDataset>("/api/datasets", {
    name,
    ...content,
    ...(split !== undefined && { split }),
  });
}

/** The data set's files, relative to `path`; null for what cannot be uploaded file by file. */
async function listFiles(path: string): Promise<readonly string[] | null> {
  try {
    if (!(await stat(path)).isDirectory()) return [""];
    const entries = await readdir(path, { withFileTypes: true });
    return entries.every((entry) => entry.isFile()) &&
      entries.length <= mostFiles
      ? entries.map((entry) => entry.name).sort()
      : null;
  } catch (cause) {
    throw new ControlPlaneError(
      "invalid",
      `${path}: it cannot be read (${cause instanceof Error ? cause.message : String(cause)}).`,
      { cause },
    );
  }
}

async function uploadAll(
  client: ApiClient,
  path: string,
  names: readonly string[] | null,
): Promise<readonly { readonly name: string; readonly sha256: string }[]> {
  if (!names)
    throw new ControlPlaneError(
      "invalid",
      `${path} has folders or more than ${mostFiles} files: pack it first (tar -czf ${basename(resolve(path))}.tar.gz -C ${path} .) and add the archive.`,
    );
  const files = [];
  for (const name of names) {
    const { sha256 } = await uploadFile(client, join(path, name));
    files.push({ name: name === "" ? basename(path) : name, sha256 });
  }
  return files;
}
