/**
 * Makes a data set known, and has a node inspect it: READY or REFUSED comes with that job's result. Registering the same again
 * changes nothing; one that was refused is replaced, so that a corrected one can have its name.
 */
import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import type { PoolClient } from "pg";
import { recordChange } from "../audit-log/record-change.ts";
import type { Caller } from "../auth/caller.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Database } from "../database/database.ts";
import { insertJob } from "../jobs/insert-job.ts";
import { checkWeight } from "../jobs/job.ts";
import { indexedShardId } from "../shards/shard-id.ts";
import type { DatasetFile, InspectDatasetSpec } from "../shards/shard-spec.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { findDatasetFiles } from "./find-dataset-files.ts";
import { referenceOf, type CheckStatus } from "./read-datasets.ts";

export interface DatasetRequest {
  readonly name: string;
  /** Absolute, on this machine. */
  readonly path?: string | undefined;
  /** Uploaded artifacts, instead of a path. */
  readonly files?:
    readonly { readonly name: string; readonly sha256: string }[] | undefined;
  readonly split?: string | undefined;
}

interface Content {
  readonly name: string;
  readonly path: string | null;
  readonly split: string | null;
  readonly files: readonly DatasetFile[];
}

export interface Registered {
  readonly id: string;
  /** Whether it was there already, just so. */
  readonly isKnown: boolean;
}

/**
 * @throws ControlPlaneError "invalid" for a path or files that are not there or no data set, "conflict" where another data set has
 *   the name
 */
export async function registerDataset(
  database: Database,
  store: ArtifactStore,
  request: DatasetRequest,
  caller: Caller,
): Promise<Registered> {
  const { name, path } = request;
  const files =
    path === undefined
      ? await findUploaded(store, request.files ?? [])
      : await registerFiles(store, await findDatasetFiles(path));
  const content: Content = {
    name,
    path: path ?? null,
    split: request.split ?? null,
    files,
  };
  return database.transaction((client) => write(client, content, caller));
}

async function registerFiles(
  store: ArtifactStore,
  paths: readonly string[],
): Promise<readonly DatasetFile[]> {
  const files: DatasetFile[] = [];
  for (const path of paths)
    files.push({
      name: basename(path),
      ...pickStored(await store.registerExternal(path)),
    });
  return files;
}

const pickStored = ({ sha256, bytes }: { sha256: string; bytes: number }) => ({
  sha256,
  bytes,
});

async function findUploaded(
  store: ArtifactStore,
  wanted: readonly { readonly name: string; readonly sha256: string }[],
): Promise<readonly DatasetFile[]> {
  const found = await store.find(wanted.map(({ sha256 }) => sha256));
  return wanted.map(({ name, sha256 }, index) => {
    const stored = found[index];
    if (stored?.isComplete) return { name, sha256, bytes: stored.bytes };
    throw new ControlPlaneError(
      "invalid",
      `files.${index}.sha256: there is no artifact ${sha256}. Upload ${name} with POST /api/artifacts first.`,
    );
  });
}

async function write(
  client: PoolClient,
  content: Content,
  { actor, address }: Caller,
): Promise<Registered> {
  const { name, path, split, files } = content;
  const values = [name, path, split, JSON.stringify(files), actor];
  const inserted = await client.query<{ id: string }>(
    `INSERT INTO dataset (id, name, path, split, files, created_by) VALUES ($6, $1, $2, $3, $4, $5)
     ON CONFLICT (name) DO NOTHING RETURNING id`,
    [...values, randomUUID()],
  );
  let id = inserted.rows[0]?.id;
  if (id === undefined) {
    const earlier = await readEarlier(client, content);
    if (earlier.status !== "REFUSED") {
      if (earlier.is_same) return { id: earlier.id, isKnown: true };
      throw new ControlPlaneError(
        "conflict",
        `There is a data set "${name}" already, of other files. Choose another name.`,
      );
    }
    id = earlier.id;
    await client.query(
      `UPDATE dataset
       SET path = $2, split = $3, files = $4, created_by = $5, created_at = now(), status = 'CHECKING', problem = NULL,
           format = NULL, digest = NULL, image_count = NULL, class_names = '{}', images_by_class = NULL,
           samples = NULL
       WHERE name = $1`,
      values,
    );
  }
  const jobId = randomUUID();
  const spec: InspectDatasetSpec = {
    kind: "inspect-dataset",
    dataset: referenceOf({ ...content, digest: null }),
  };
  await insertJob(
    client,
    {
      id: jobId,
      kind: "inspect-dataset",
      name: `Inspection of ${name}`,
      weight: checkWeight,
      modelId: null,
      datasetId: id,
      parameters: {},
      createdBy: actor,
      shardCount: 1,
    },
    { ...spec },
    [{ id: indexedShardId(jobId, "inspect-dataset", 0), part: {} }],
  );
  await recordChange(client, {
    actor,
    address,
    action: "dataset.register",
    subject: id,
    details: { name, path, split, files, jobId },
  });
  return { id, isKnown: false };
}

async function readEarlier(
  client: PoolClient,
  { name, path, split, files }: Content,
): Promise<{ id: string; status: CheckStatus; is_same: boolean }> {
  const { rows } = await client.query<{
    id: string;
    status: CheckStatus;
    is_same: boolean;
  }>(
    `SELECT id, status, path IS NOT DISTINCT FROM $2 AND split IS NOT DISTINCT FROM $3 AND files = $4::jsonb AS is_same
     FROM dataset WHERE name = $1 FOR UPDATE`,
    [name, path, split, JSON.stringify(files)],
  );
  return rows[0]!;
}
