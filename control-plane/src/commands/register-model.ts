/** Makes a model known and has it held against a data set. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { ApiClient } from "./api-client.ts";
import type { ApiDataset, ApiModel } from "./api-types.ts";
import { findCheck } from "./await-check.ts";
import { isOnThisMachine } from "./register-dataset.ts";
import { uploadFile } from "./upload-file.ts";

export interface ModelRegistration {
  readonly path: string;
  /** Where it is not the .json beside the model. */
  readonly manifestPath?: string | undefined;
  readonly name?: string | undefined;
  readonly dataset: ApiDataset;
  /** Its bytes even where the server is on this machine. */
  readonly upload?: boolean | undefined;
}

/**
 * Registering what is registered already changes nothing.
 * @throws ControlPlaneError "invalid" where file or manifest cannot be read; what the server refuses with
 */
export async function registerModel(
  client: ApiClient,
  { path, manifestPath, name, dataset, upload }: ModelRegistration,
): Promise<ApiModel> {
  const manifest = await readManifest(path, manifestPath);
  const content =
    isOnThisMachine(client) && !upload
      ? { path: resolve(path) }
      : {
          sha256: (await uploadFile(client, path)).sha256,
          // A digest is no name.
          ...(manifest?.name === undefined && {
            name: basename(path).replace(/\.onnx$/i, ""),
          }),
        };
  return client.post<ApiModel>("/api/models", {
    ...content,
    dataset: dataset.name,
    ...(name !== undefined && { name }),
    ...(manifest !== undefined && { manifest }),
  });
}

/** A model with a check against the data set, asked for where there is none. */
export async function checkAgainst(
  client: ApiClient,
  model: ApiModel,
  dataset: ApiDataset,
): Promise<ApiModel> {
  if (findCheck(model, dataset)) return model;
  return client.post<ApiModel>(`/api/models/${model.id}/checks`, {
    dataset: dataset.name,
  });
}

async function readManifest(
  path: string,
  manifestPath: string | undefined,
): Promise<{ readonly name?: unknown } | undefined> {
  const beside = path.replace(/\.onnx$/i, ".json");
  const from = manifestPath ?? (beside === path ? null : beside);
  if (from === null || (manifestPath === undefined && !existsSync(from)))
    return undefined;
  try {
    return JSON.parse(await readFile(from, "utf8")) as { name?: unknown };
  } catch (cause) {
    throw new ControlPlaneError(
      "invalid",
      `${from}: it cannot be read as a manifest (${cause instanceof Error ? cause.message : String(cause)}).`,
      { cause },
    );
  }
}
