/** Submits trainings, any number of models in one job: a shard a model, or rounds of shards where one is spread over workers. */
import { randomUUID } from "node:crypto";
import { recordChange } from "../audit-log/record-change.ts";
import type { Caller } from "../auth/caller.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Database, Queryable } from "../database/database.ts";
import { indexedShardId } from "../shards/shard-id.ts";
import type { TrainSpec } from "../shards/shard-spec.ts";
import {
  countShards,
  planRound,
  type TrainSpread,
} from "../shards/train-rounds.ts";
import { insertJob, type NewShard } from "./insert-job.ts";
import { readReadyDataset } from "./read-ready-dataset.ts";
import { readStartModel } from "./read-start-model.ts";

export interface TrainRequest {
  /** Id or name. */
  readonly dataset: string;
  /** Id or name of the model that is trained further; absent where recipes name architectures. */
  readonly fineTune?: string | undefined;
  readonly split: string;
  readonly testSplit: string;
  readonly runs: readonly TrainRun[];
  readonly backend: string;
  readonly weight: number;
  readonly name?: string | undefined;
}

export interface TrainRun extends Pick<TrainSpec, "name" | "command"> {
  readonly recipe: TrainSpec["recipe"] & {
    /** Absent or null: one worker does it all. */
    readonly spread?: TrainSpread | null | undefined;
  };
}

/** Shards of one job, planned ones counted too. */
const mostShards = 1_000_000;

/**
 * @returns the job's id
 * @throws ControlPlaneError "not-found" data set or model, "conflict" where they are not ready or a model's name is taken, "invalid"
 *   where two runs have one name or all of them are too many shards
 */
export async function submitTrain(
  database: Database,
  request: TrainRequest,
  { actor, address }: Caller,
): Promise<string> {
  const { runs, split, testSplit, backend, weight } = request;
  const id = randomUUID();
  const { shards, planned } = planShards(id, runs);
  await database.transaction(async (client) => {
    const dataset = await readReadyDataset(client, request.dataset);
    const start =
      request.fineTune === undefined
        ? undefined
        : await readStartModel(client, request.fineTune, dataset.id);
    await checkNames(client, runs);
    const spec: Omit<TrainSpec, keyof TrainRun> = {
      kind: "train",
      dataset: {
        ...dataset.reference,
        split,
        // What is known of its content is known of the split that it was registered with.
        digest:
          dataset.reference.split === split ? dataset.reference.digest : null,
      },
      ...{ testSplit, backend },
      ...(start && { start }),
    };
    const parameters = {
      ...{ split, testSplit, backend, models: runs.length },
      ...(start && { fineTune: start.name }),
    };
    await insertJob(
      client,
      {
        id,
        kind: "train",
        name:
          request.name ??
          (runs.length === 1
            ? `Training of ${runs[0]!.name}`
            : `Training of ${runs.length} models on ${dataset.reference.name}`),
        weight,
        modelId: null,
        datasetId: dataset.id,
        parameters,
        createdBy: actor,
        shardCount: shards.length,
        furtherCount: planned - shards.length,
      },
      { ...spec },
      shards,
    );
    await recordChange(client, {
      ...{ actor, address, action: "job.submit", subject: id },
      details: {
        kind: "train",
        dataset: dataset.reference.name,
        ...{ weight, ...parameters },
      },
    });
  });
  return id;
}

/** What can begin at once, and how many shards there will be in the end. */
function planShards(
  jobId: string,
  runs: readonly TrainRun[],
): { readonly shards: readonly NewShard[]; readonly planned: number } {
  const shards: NewShard[] = [];
  let planned = 0;
  for (const { name, recipe, command } of runs) {
    const spread = recipe.spread ?? null;
    const part = { name, recipe, command };
    const begins = spread
      ? planRound(spread, 0, []).map(({ place, round }) => ({
          index: planned + place,
          part: { ...part, round },
        }))
      : [{ index: planned, part }];
    shards.push(
      ...begins.map((shard) => ({
        id: indexedShardId(jobId, "train", shard.index),
        ...shard,
      })),
    );
    planned += countShards(spread);
  }
  if (planned > mostShards)
    throw new ControlPlaneError(
      "invalid",
      `These are ${planned} shards, ${mostShards} is the most of one job. Ask for fewer rounds or workers, or submit the models in parts.`,
    );
  return { shards, planned };
}

async function checkNames(
  client: Queryable,
  runs: readonly TrainRun[],
): Promise<void> {
  const names = runs.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new ControlPlaneError(
      "invalid",
      `Two models of this training are called "${twice}". Give each a name of its own.`,
    );
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM model WHERE name = ANY($1::text[]) ORDER BY name LIMIT 1`,
    [names],
  );
  const [taken] = rows;
  if (taken)
    throw new ControlPlaneError(
      "conflict",
      `There is a model "${taken.name}" already. Give the new one another --name.`,
    );
}
