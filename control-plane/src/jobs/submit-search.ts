/** Submits a search: holds the request against what is known of model and data set, plans it, and writes it. */
import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { recordChange } from "../audit-log/record-change.ts";
import type { Caller } from "../auth/caller.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Database, Queryable } from "../database/database.ts";
import { newSearchShardIds } from "../shards/shard-id.ts";
import type { SearchSpec } from "../shards/shard-spec.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { insertJob } from "./insert-job.ts";
import type { SearchParameters } from "./job.ts";
import { planShards, type Plan } from "./plan-shards.ts";
import { readSearchInput, type SearchInput } from "./read-search-input.ts";
import { chooseSettings, type SettingChoices } from "./search-settings.ts";

export interface SearchRequest extends SettingChoices {
  /** Ids or names. */
  readonly model: string;
  readonly dataset: string;
  readonly classes: string;
  readonly canvasIndex?: number | undefined;
  readonly seed: number;
  readonly pack?: number | undefined;
  readonly evaluateImages: number;
  readonly threshold: number;
  readonly backend: string;
  readonly weight: number;
  readonly name?: string | undefined;
}

export interface PlannedSearch {
  readonly input: SearchInput;
  readonly parameters: SearchParameters;
  readonly plan: Plan;
}

/**
 * What a request would come to; nothing is written.
 * @throws ControlPlaneError "not-found", "conflict" where model and data set are not ready for each other or a file vanished,
 *   "invalid" where the data set does not have what is asked for
 */
export async function planSearch(
  client: Queryable,
  store: ArtifactStore,
  request: SearchRequest,
): Promise<PlannedSearch> {
  const input = await readSearchInput(client, request.model, request.dataset);
  await checkFiles(store, input);
  const settings = chooseSettings(request);
  const canvasIndex = request.canvasIndex ?? null;
  const { classes, seed, evaluateImages, threshold, backend } = request;
  const plan = planShards(
    {
      classes,
      settings,
      canvasIndex,
      seed,
      pack: request.pack ?? null,
      evaluateImages,
    },
    input.facts,
  );
  return {
    input,
    plan,
    parameters: {
      classes,
      settings,
      canvasIndex,
      seed,
      pack: plan.pack,
      evaluateImages,
      threshold,
      backend,
      searches: plan.searchCount,
      classesShortOfCanvases: plan.classesShortOfCanvases,
    },
  };
}

/**
 * @returns the job's id
 * @throws what `planSearch` throws
 */
export async function submitSearch(
  database: Database,
  store: ArtifactStore,
  request: SearchRequest,
  { actor, address }: Caller,
): Promise<string> {
  const { input, parameters, plan } = await planSearch(
    database.pool,
    store,
    request,
  );
  const { settings, pack, evaluateImages, threshold, backend } = parameters;
  const spec: Omit<SearchSpec, "searches"> = {
    kind: "search",
    model: input.model,
    dataset: input.dataset,
    settings,
    pack,
    evaluateImages,
    threshold,
    backend,
  };
  const id = randomUUID();
  const idOf = newSearchShardIds(id, spec);
  await database.transaction(async (client) => {
    await insertJob(
      client,
      {
        id,
        kind: "search",
        name: request.name ?? `${input.model.name} on ${input.dataset.name}`,
        weight: request.weight,
        modelId: input.modelId,
        datasetId: input.datasetId,
        parameters: { ...parameters },
        createdBy: actor,
        shardCount: plan.shards.length,
      },
      { ...spec },
      plan.shards.map((searches) => ({
        id: idOf(searches),
        part: { searches },
      })),
    );
    await recordChange(client, {
      actor,
      address,
      action: "job.submit",
      subject: id,
      details: {
        kind: "search",
        model: input.model.name,
        dataset: input.dataset.name,
        weight: request.weight,
        ...parameters,
      },
    });
  });
  return id;
}

/**
 * Files that stayed where people have them can have gone since: that is told now, not by every node.
 * @throws ControlPlaneError "conflict"
 */
async function checkFiles(
  store: ArtifactStore,
  { model, dataset }: SearchInput,
): Promise<void> {
  await checkArtifact(store, model.sha256, `The model "${model.name}"`);
  for (const { sha256 } of dataset.files)
    await checkArtifact(store, sha256, `The data set "${dataset.name}"`);
  const { path } = dataset;
  if (path === null || dataset.files.length > 0) return;
  await stat(path).catch((cause: unknown) => {
    throw new ControlPlaneError(
      "conflict",
      `The data set "${dataset.name}": ${path} is no longer there. Put it back, or register it from where it is now.`,
      { cause },
    );
  });
}

async function checkArtifact(
  store: ArtifactStore,
  sha256: string,
  whose: string,
): Promise<void> {
  try {
    const bytes = await store.open(sha256, { end: 1 });
    bytes.destroy();
  } catch (error) {
    if (
      error instanceof ControlPlaneError &&
      (error.code === "not-found" || error.code === "corrupt")
    )
      throw new ControlPlaneError("conflict", `${whose}: ${error.message}`, {
        cause: error,
      });
    throw error;
  }
}
