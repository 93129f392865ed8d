/** Submits what is done to each of several models with one data set: one shard a model, any number of models in one job. */
import { randomUUID } from "node:crypto";
import { recordChange } from "../audit-log/record-change.ts";
import type { Caller } from "../auth/caller.ts";
import type { Database, Queryable } from "../database/database.ts";
import { indexedShardId } from "../shards/shard-id.ts";
import { insertJob } from "./insert-job.ts";
import { readNamedModels, type RegisteredModel } from "./read-named-models.ts";
import { readReadyDataset } from "./read-ready-dataset.ts";

export interface ModelsRequest {
  /** Ids or names. */
  readonly models: readonly string[];
  readonly dataset: string;
  /** As the data set was registered where absent. */
  readonly split?: string | undefined;
  readonly weight: number;
  readonly name?: string | undefined;
}

interface SubmittedInputs {
  readonly dataset: { readonly id: string; readonly name: string };
  readonly split: string | null;
  readonly models: readonly RegisteredModel[];
}

/**
 * @param what.settings what shards' specifications have beside model and data set; the job's parameters too
 * @param what.title of one of them, as in "Audit of resnet on cifar10"
 * @param what.beside what specifications and parameters have beyond them that follows from model and data set
 * @param what.isCompared whether a further shard compares what comes of the models
 * @returns the job's id
 * @throws ControlPlaneError "not-found" data set or model, "conflict" where the data set is not ready, "invalid" where a model is named
 *   twice; what `beside` throws
 */
export async function submitForModels(
  database: Database,
  what: {
    readonly kind: "evaluate" | "audit";
    readonly title: string;
    readonly settings: Readonly<Record<string, unknown>>;
    readonly beside?: (
      client: Queryable,
      inputs: SubmittedInputs,
    ) => Promise<{
      readonly settings: Readonly<Record<string, unknown>>;
      readonly parameters: Readonly<Record<string, unknown>>;
    }>;
    readonly isCompared?: boolean;
  },
  request: ModelsRequest,
  { actor, address }: Caller,
): Promise<string> {
  const { kind, title, settings, isCompared = false } = what;
  const { weight } = request;
  const id = randomUUID();
  await database.transaction(async (client) => {
    const dataset = await readReadyDataset(client, request.dataset);
    const models = await readNamedModels(client, request.models);
    const split = request.split ?? dataset.reference.split;
    const [first, ...others] = models;
    const subject =
      others.length === 0 ? first!.reference.name : `${models.length} models`;
    const beside = await what.beside?.(client, {
      dataset: { id: dataset.id, name: dataset.reference.name },
      ...{ split, models },
    });
    const parameters = {
      ...{ split, ...settings, models: models.length },
      ...(isCompared && { isCompared }),
      ...beside?.parameters,
    };
    await insertJob(
      client,
      {
        ...{ id, kind, weight, parameters },
        name:
          request.name ?? `${title} of ${subject} on ${dataset.reference.name}`,
        modelId: others.length === 0 ? first!.id : null,
        datasetId: dataset.id,
        createdBy: actor,
        shardCount: models.length,
        furtherCount: isCompared ? 1 : 0,
      },
      {
        kind,
        dataset: {
          ...dataset.reference,
          split,
          // What is known of its content is known of the split that it was registered with.
          digest:
            dataset.reference.split === split ? dataset.reference.digest : null,
        },
        ...settings,
        ...beside?.settings,
      },
      models.map(({ id: modelId, reference }, index) => ({
        id: indexedShardId(id, kind, index),
        part: { model: reference, modelId },
      })),
    );
    await recordChange(client, {
      ...{ actor, address, action: "job.submit", subject: id },
      details: {
        ...{ kind, dataset: dataset.reference.name, weight, ...parameters },
      },
    });
  });
  return id;
}
