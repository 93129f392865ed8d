/** The models of a training, from before they are trained on: of each all of its shards together. */
import type { Queryable } from "../database/database.ts";
import { mergeEpochs } from "../shards/merge-epochs.ts";
import type { TrainedEpoch } from "../shards/shard-result.ts";
import type { ShardStatus } from "../shards/shard-status.ts";
import { requireJob } from "./read-jobs.ts";

export interface TrainedModelView {
  /** Of its first shard. */
  readonly shardIndex: number;
  /** Under which it is registered, else under which it is to be. */
  readonly name: string;
  /** Of its shard; of several, the state that says most of where it stands. */
  readonly status: ShardStatus;
  /** 0…1. */
  readonly done: number;
  /** Null until it is registered. */
  readonly modelId: string | null;
  /** 0…1, on the test split. */
  readonly cleanAccuracy: number | null;
  readonly cleanAccuracyImages: number | null;
  /** Of a model with a backdoor. */
  readonly attackSuccessRate: number | null;
  /** Of the attempt that ended it, none until then; of the rounds done so far where it is spread over workers. */
  readonly epochs: readonly (Omit<TrainedEpoch, "images"> & {
    /** Absent from nodes that did not count. */
    readonly images?: number | undefined;
  })[];
  /** Of all workers together. */
  readonly trainMs: number | null;
  /** Null where one node trains it. */
  readonly spread: {
    readonly workers: number;
    readonly rounds: number;
    readonly roundsDone: number;
  } | null;
}

interface Row extends Omit<TrainedModelView, "spread"> {
  readonly workers: number | null;
  readonly rounds: number | null;
  readonly succeeded: number;
  readonly isTrained: boolean;
}

/**
 * @param page models with a shard index above `after`, at most `limit`
 * @returns in order of index; none of a job of another kind
 * @throws ControlPlaneError "not-found" where there is no such job
 */
export async function listTrainedModels(
  client: Queryable,
  jobId: string,
  page: { readonly after?: number | undefined; readonly limit: number },
): Promise<readonly TrainedModelView[]> {
  const { kind } = await requireJob(client, jobId);
  if (kind !== "train") return [];
  const { rows } = await client.query<Row>(
    // What is most worth knowing of several shards, first: one that is dead keeps the others from ever going on.
    `SELECT head."index" AS "shardIndex", coalesce(model.name, trained.name, head.spec->>'name') AS name,
            coalesce((SELECT state FROM unnest(ARRAY['DEAD', 'CANCELLED', 'RUNNING', 'LEASED', 'RETRY', 'QUEUED', 'PENDING'])
              WITH ORDINALITY AS known (state, place) WHERE state = ANY(parts.states) ORDER BY place LIMIT 1), 'SUCCEEDED') AS status,
            parts.done / (spread.later + 1) AS done, parts.succeeded, spread.workers, spread.rounds,
            trained.model_id AS "modelId", trained.clean_accuracy AS "cleanAccuracy",
            trained.clean_accuracy_images AS "cleanAccuracyImages", trained.attack_success_rate AS "attackSuccessRate",
            coalesce(trained.epochs, '[]') AS epochs, trained.train_ms AS "trainMs", trained.shard_id IS NOT NULL AS "isTrained"
     FROM shard AS head
     CROSS JOIN LATERAL (
       SELECT workers, rounds, coalesce(workers * rounds, 0) AS later
       FROM (SELECT (head.spec->'recipe'->'spread'->>'workers')::int AS workers,
                    (head.spec->'recipe'->'spread'->>'rounds')::int AS rounds) AS given) AS spread
     CROSS JOIN LATERAL (
       SELECT array_agg(DISTINCT part.status) AS states, sum(part.done) AS done,
              (count(*) FILTER (WHERE part.status = 'SUCCEEDED'))::int AS succeeded
       FROM shard AS part
       WHERE part.job_id = head.job_id AND part."index" BETWEEN head."index" AND head."index" + spread.later) AS parts
     LEFT JOIN shard AS last ON last.job_id = head.job_id AND last."index" = head."index" + spread.later
     LEFT JOIN trained_model AS trained ON trained.shard_id = last.id
     LEFT JOIN model ON model.id = trained.model_id
     WHERE head.job_id = $1 AND head."index" > $2
       AND coalesce(head.spec->'round'->>'round', '0') = '0' AND coalesce(head.spec->'round'->>'worker', '0') = '0'
     ORDER BY head."index"
     LIMIT $3`,
    [jobId, page.after ?? -1, page.limit],
  );
  const epochs = await readEpochsSoFar(client, jobId, rows.filter(isUnderWay));
  return rows.map(({ workers, rounds, succeeded, isTrained: _, ...row }) => ({
    ...row,
    epochs: epochs.get(row.shardIndex) ?? row.epochs,
    spread:
      workers === null || rounds === null
        ? null
        : {
            ...{ workers, rounds },
            roundsDone: Math.min(rounds, Math.floor(succeeded / workers)),
          },
  }));
}

const isUnderWay = ({ workers, succeeded, isTrained }: Row): boolean =>
  workers !== null && succeeded > 0 && !isTrained;

/** Of the rounds that are done, by the index of the model's first shard. */
async function readEpochsSoFar(
  client: Queryable,
  jobId: string,
  models: readonly Row[],
): Promise<ReadonlyMap<number, readonly TrainedEpoch[]>> {
  if (models.length === 0) return new Map();
  const { rows } = await client.query<{
    first: number;
    epochs: readonly TrainedEpoch[];
  }>(
    `SELECT model.first, result.body->'epochs' AS epochs
     FROM unnest($2::int[], $3::int[]) AS model (first, count)
     JOIN shard ON shard.job_id = $1 AND shard."index" BETWEEN model.first AND model.first + model.count - 1
     JOIN result ON result.shard_id = shard.id
     WHERE result.body->'epochs' IS NOT NULL`,
    [
      jobId,
      models.map(({ shardIndex }) => shardIndex),
      models.map(({ workers, rounds }) => workers! * rounds!),
    ],
  );
  return new Map(
    [...Map.groupBy(rows, ({ first }) => first)].map(([first, parts]) => [
      first,
      mergeEpochs(parts.flatMap(({ epochs }) => epochs)),
    ]),
  );
}
