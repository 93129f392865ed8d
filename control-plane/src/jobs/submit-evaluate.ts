/** Submits evaluations: one shard a model, any number of models in one job. */
import { randomUUID } from "node:crypto";
import { recordChange } from "../audit-log/record-change.ts";
import type { Caller } from "../auth/caller.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Database, Queryable } from "../database/database.ts";
import { indexedShardId } from "../shards/shard-id.ts";
import type { EvaluateSpec, ModelReference } from "../shards/shard-spec.ts";
import { insertJob } from "./insert-job.ts";
import { readReadyDataset } from "./read-ready-dataset.ts";

export interface EvaluateRequest extends Pick<
  EvaluateSpec,
  "attack" | "seed" | "backend"
> {
  /** Ids or names. */
  readonly models: readonly string[];
  readonly dataset: string;
  /** As the data set was registered where absent. */
  readonly split?: string | undefined;
  readonly images?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly weight: number;
  readonly name?: string | undefined;
}

/**
 * @returns the job's id
 * @throws ControlPlaneError "not-found" data set or model, "conflict" where the data set is not ready, "invalid" where a model is named
 *   twice
 */
export async function submitEvaluate(
  database: Database,
  request: EvaluateRequest,
  { actor, address }: Caller,
): Promise<string> {
  const { attack, seed, backend, weight } = request;
  const id = randomUUID();
  await database.transaction(async (client) => {
    const dataset = await readReadyDataset(client, request.dataset);
    const models = await readModels(client, request.models);
    const split = request.split ?? dataset.reference.split;
    const settings = {
      images: request.images ?? null,
      attack,
      seed,
      batchSize: request.batchSize ?? null,
      backend,
    };
    const spec: Omit<EvaluateSpec, "model" | "modelId"> = {
      kind: "evaluate",
      dataset: {
        ...dataset.reference,
        split,
        // What is known of its content is known of the split that it was registered with.
        digest:
          dataset.reference.split === split ? dataset.reference.digest : null,
      },
      ...settings,
    };
    const [first, ...others] = models;
    const parameters = { split, ...settings, models: models.length };
    await insertJob(
      client,
      {
        id,
        kind: "evaluate",
        name:
          request.name ??
          (others.length === 0
            ? `Evaluation of ${first!.reference.name} on ${dataset.reference.name}`
            : `Evaluation of ${models.length} models on ${dataset.reference.name}`),
        weight,
        modelId: others.length === 0 ? first!.id : null,
        datasetId: dataset.id,
        parameters,
        createdBy: actor,
        shardCount: models.length,
      },
      { ...spec },
      models.map(({ id: modelId, reference }, index) => ({
        id: indexedShardId(id, "evaluate", index),
        part: { model: reference, modelId },
      })),
    );
    await recordChange(client, {
      ...{ actor, address, action: "job.submit", subject: id },
      details: {
        kind: "evaluate",
        dataset: dataset.reference.name,
        ...{ weight, ...parameters },
      },
    });
  });
  return id;
}

interface RegisteredModel {
  readonly id: string;
  readonly reference: ModelReference;
}

/** In the order asked for. */
async function readModels(
  client: Queryable,
  asked: readonly string[],
): Promise<readonly RegisteredModel[]> {
  const { rows } = await client.query<ModelReference & { id: string }>(
    `SELECT id, name, sha256, manifest FROM model WHERE id::text = ANY($1::text[]) OR name = ANY($1::text[])`,
    [asked],
  );
  const found = asked.map((idOrName) => {
    const row = rows.find(
      ({ id, name }) => id === idOrName || name === idOrName,
    );
    if (row) return row;
    throw new ControlPlaneError(
      "not-found",
      `There is no model "${idOrName}". motif models list shows what there is.`,
    );
  });
  const twice = found.find((row, index) => found.indexOf(row) !== index);
  if (twice)
    throw new ControlPlaneError(
      "invalid",
      `The model "${twice.name}" is named twice. Name each once.`,
    );
  return found.map(({ id, ...reference }) => ({ id, reference }));
}
