/**
 * Makes a model known and has it held against a data set. Registering the same again changes nothing but checks that are missing
 * or were refused; a model that no data set accepted is replaced, so that a corrected one can have its name.
 */
import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import type { PoolClient } from "pg";
import { recordChange } from "../audit-log/record-change.ts";
import type { Caller } from "../auth/caller.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Database, Queryable } from "../database/database.ts";
import { readDataset, type DatasetView } from "../datasets/read-datasets.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import {
  checkModelFile,
  readManifestBeside,
  requireManifest,
  type Manifest,
} from "./read-model-file.ts";
import { submitCheck } from "./submit-check.ts";

export interface ModelRequest {
  /** Where absent: as the manifest calls it, else as the file is called. */
  readonly name?: string | undefined;
  /** Absolute, on this machine. */
  readonly path?: string | undefined;
  /** Of an uploaded artifact, instead of a path. */
  readonly sha256?: string | undefined;
  /** Where absent: the .json beside the path, else all defaults. */
  readonly manifest?: unknown;
  /** Id or name. */
  readonly dataset: string;
}

export interface RegisteredModel {
  readonly id: string;
  /** Whether it was there already, just so, with its check. */
  readonly isKnown: boolean;
}

interface Content {
  readonly name: string;
  readonly sha256: string;
  readonly manifest: Manifest;
  readonly path: string | null;
}

/** @throws ControlPlaneError "not-found" data set, "invalid" file, manifest or name, "conflict" where another model has the name */
export async function registerModel(
  database: Database,
  store: ArtifactStore,
  request: ModelRequest,
  caller: Caller,
): Promise<RegisteredModel> {
  // Before anything is read: a model of 2 GiB takes a while.
  await readUsableDataset(database.pool, request.dataset);
  const content = await readContent(store, request);
  return database.transaction(async (client) => {
    const dataset = await readUsableDataset(client, request.dataset);
    const { id, isNew } = await writeModel(client, content, caller.actor);
    const isChecked = !isNew && (await hasGoodCheck(client, id, dataset.id));
    if (isChecked) return { id, isKnown: true };
    const jobId = await submitCheck(
      client,
      { id, ...content },
      dataset,
      caller.actor,
    );
    await recordChange(client, {
      actor: caller.actor,
      address: caller.address,
      action: isNew ? "model.register" : "model.check",
      subject: id,
      details: {
        name: content.name,
        sha256: content.sha256,
        path: content.path,
        dataset: dataset.name,
        jobId,
      },
    });
    return { id, isKnown: false };
  });
}

/**
 * Has a model that is there held against a further data set. One that is good, or under way, stays.
 * @param model @param dataset ids or names
 * @throws ControlPlaneError "not-found", "conflict" where the data set is refused
 */
export async function checkModel(
  database: Database,
  model: string,
  dataset: string,
  caller: Caller,
): Promise<RegisteredModel> {
  return database.transaction(async (client) => {
    const { rows } = await client.query<Content & { id: string }>(
      `SELECT id, name, sha256, manifest FROM model WHERE id::text = $1 OR name = $1 FOR UPDATE`,
      [model],
    );
    const [known] = rows;
    if (!known)
      throw new ControlPlaneError(
        "not-found",
        `There is no model "${model}". motif models list shows what there is.`,
      );
    const usable = await readUsableDataset(client, dataset);
    const { id } = known;
    if (await hasGoodCheck(client, id, usable.id)) return { id, isKnown: true };
    const jobId = await submitCheck(client, known, usable, caller.actor);
    await recordChange(client, {
      actor: caller.actor,
      address: caller.address,
      action: "model.check",
      subject: id,
      details: { name: known.name, dataset: usable.name, jobId },
    });
    return { id, isKnown: false };
  });
}

async function readUsableDataset(
  client: Queryable,
  idOrName: string,
): Promise<DatasetView> {
  const dataset = await readDataset(client, idOrName);
  if (dataset.status !== "REFUSED") return dataset;
  throw new ControlPlaneError(
    "conflict",
    `The data set "${dataset.name}" was refused: ${dataset.problem ?? "no reason was given"} Register it again first.`,
  );
}

async function readContent(
  store: ArtifactStore,
  { name, path, sha256, manifest: given }: ModelRequest,
): Promise<Content> {
  const said =
    given === undefined ? undefined : requireManifest(given, "manifest");
  if (path !== undefined) {
    await checkModelFile(path);
    const manifest = said ?? (await readManifestBeside(path)) ?? {};
    const stored = await store.registerExternal(path);
    const fallback = basename(path).replace(/\.onnx$/i, "");
    return {
      name: chooseName(name, manifest, fallback),
      sha256: stored.sha256,
      manifest,
      path,
    };
  }
  const [found] = sha256 === undefined ? [] : await store.find([sha256]);
  if (!found?.isComplete)
    throw new ControlPlaneError(
      "invalid",
      `sha256: there is no artifact ${sha256}. Upload the model with POST /api/artifacts first.`,
    );
  const manifest = said ?? {};
  return {
    name: chooseName(name, manifest),
    sha256: found.sha256,
    manifest,
    path: null,
  };
}

/** Names are for addresses and tables, and never look like an id. */
export const isUsableName = (name: string): boolean =>
  /^(?!\s)[^\p{Cc}]{1,200}(?<!\s)$/u.test(name) &&
  !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name);

function chooseName(
  asked: string | undefined,
  manifest: Manifest,
  fallback?: string,
): string {
  const name = asked ?? manifest.name ?? fallback;
  if (typeof name === "string" && isUsableName(name)) return name;
  throw new ControlPlaneError(
    "invalid",
    name === undefined
      ? "name: neither the request nor the manifest says what the model is called."
      : `name: ${JSON.stringify(name)}: 1 to 200 characters without line breaks are expected, and no UUID.`,
  );
}

async function writeModel(
  client: PoolClient,
  { name, sha256, manifest }: Content,
  actor: string,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const values = [name, sha256, JSON.stringify(manifest), actor];
  const inserted = await client.query<{ id: string }>(
    `INSERT INTO model (id, name, sha256, manifest, created_by) VALUES ($5, $1, $2, $3, $4)
     ON CONFLICT (name) DO NOTHING RETURNING id`,
    [...values, randomUUID()],
  );
  const [row] = inserted.rows;
  if (row) return { id: row.id, isNew: true };
  const { rows } = await client.query<{
    id: string;
    is_same: boolean;
    is_used: boolean;
  }>(
    `SELECT id, sha256 = $2 AND manifest = $3::jsonb AS is_same,
            EXISTS (SELECT 1 FROM model_check WHERE model_id = model.id AND status <> 'REFUSED') AS is_used
     FROM model WHERE name = $1 FOR UPDATE`,
    values.slice(0, 3),
  );
  const earlier = rows[0]!;
  const { id } = earlier;
  if (earlier.is_same) return { id, isNew: false };
  if (earlier.is_used)
    throw new ControlPlaneError(
      "conflict",
      `There is a model "${name}" already, of another file or manifest. Give this one another name.`,
    );
  await client.query("DELETE FROM model_check WHERE model_id = $1", [id]);
  await client.query(
    `UPDATE model SET sha256 = $2, manifest = $3, created_by = $4, created_at = now() WHERE name = $1`,
    values,
  );
  return { id, isNew: true };
}

async function hasGoodCheck(
  client: Queryable,
  modelId: string,
  datasetId: string,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT 1 FROM model_check WHERE model_id = $1 AND dataset_id = $2 AND status <> 'REFUSED'`,
    [modelId, datasetId],
  );
  return rowCount === 1;
}
