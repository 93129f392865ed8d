/** Submits trainings: one shard a model, any number of models in one job. */
import { randomUUID } from "node:crypto";
import { recordChange } from "../audit-log/record-change.ts";
import type { Caller } from "../auth/caller.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Database, Queryable } from "../database/database.ts";
import { indexedShardId } from "../shards/shard-id.ts";
import type { DatasetReference, TrainSpec } from "../shards/shard-spec.ts";
import { insertJob } from "./insert-job.ts";

export interface TrainRequest {
  /** Id or name. */
  readonly dataset: string;
  readonly split: string;
  readonly testSplit: string;
  readonly runs: readonly TrainRun[];
  readonly backend: string;
  readonly weight: number;
  readonly name?: string | undefined;
}

export type TrainRun = Pick<TrainSpec, "name" | "recipe" | "command">;

/**
 * @returns the job's id
 * @throws ControlPlaneError "not-found" data set, "conflict" where it is not ready or a model's name is taken, "invalid" where two
 *   runs have one name
 */
export async function submitTrain(
  database: Database,
  request: TrainRequest,
  { actor, address }: Caller,
): Promise<string> {
  const { runs, split, testSplit, backend, weight } = request;
  const id = randomUUID();
  await database.transaction(async (client) => {
    const dataset = await readReadyDataset(client, request.dataset);
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
    };
    const parameters = { split, testSplit, backend, models: runs.length };
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
        shardCount: runs.length,
      },
      { ...spec },
      runs.map(({ name, recipe, command }, index) => ({
        id: indexedShardId(id, "train", index),
        part: { name, recipe, command },
      })),
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

async function readReadyDataset(
  client: Queryable,
  idOrName: string,
): Promise<{ readonly id: string; readonly reference: DatasetReference }> {
  const { rows } = await client.query<
    DatasetReference & {
      id: string;
      status: string;
      problem: string | null;
    }
  >(
    `SELECT id, status, problem, name, split, digest, path, files FROM dataset WHERE id::text = $1 OR name = $1`,
    [idOrName],
  );
  const [row] = rows;
  if (!row)
    throw new ControlPlaneError(
      "not-found",
      `There is no data set "${idOrName}". motif datasets list shows what there is.`,
    );
  const { id, status, problem, ...reference } = row;
  if (status === "READY") return { id, reference };
  throw new ControlPlaneError(
    "conflict",
    status === "CHECKING"
      ? `The data set "${reference.name}" is still being looked at. Try again once it is ready.`
      : `The data set "${reference.name}" was refused: ${problem ?? "no reason was given."}`,
  );
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
