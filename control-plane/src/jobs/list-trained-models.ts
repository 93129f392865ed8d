/** The models of a training, from before they are trained on: of each all of its shards together. */
import type { Queryable } from "../database/database.ts";
import type { ShardStatus } from "../shards/shard-status.ts";
import type {
  TrainedEpoch,
  TrainingStanding,
} from "../shards/training-progress.ts";
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
  /**
   * Those that have ended, whichever attempt and node they are of; of a long training 512 at most. Where several workers had a part in
   * one: means over its images, the throughput of all together, and the nodes' names with commas between.
   */
  readonly epochs: readonly (TrainedEpoch & {
    /** Null where nobody kept it. */
    readonly nodeName: string | null;
  })[];
  /** The epoch under way, while a node is at it; of several workers, as for epochs. */
  readonly standing:
    (TrainingStanding & { readonly nodeName: string | null }) | null;
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
}

/**
 * @param page models with a shard index above `after`, at most `limit`
 * @returns in order of index; none of a job of another kind
 * @throws ControlPlaneError "not-found" where there is no such job
 */
export async function listTrainedModels(
  client: Queryable,
  jobId: string,
  page: {
    readonly status?: ShardStatus | undefined;
    readonly after?: number | undefined;
    readonly limit: number;
  },
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
            coalesce(told.epochs, earlier.epochs, '[]') AS epochs, standing.body AS standing,
            trained.train_ms + parts.ms AS "trainMs"
     FROM shard AS head
     CROSS JOIN LATERAL (
       SELECT workers, rounds, coalesce(workers * rounds, 0) AS later
       FROM (SELECT (head.spec->'recipe'->'spread'->>'workers')::int AS workers,
                    (head.spec->'recipe'->'spread'->>'rounds')::int AS rounds) AS given) AS spread
     CROSS JOIN LATERAL (
       SELECT array_agg(DISTINCT part.status) AS states, sum(part.done) AS done,
              (count(*) FILTER (WHERE part.status = 'SUCCEEDED'))::int AS succeeded,
              coalesce(sum((result.body->>'trainMs')::float8), 0) AS ms
       FROM shard AS part LEFT JOIN result ON result.shard_id = part.id
       WHERE part.job_id = head.job_id AND part."index" BETWEEN head."index" AND head."index" + spread.later) AS parts
     LEFT JOIN shard AS last ON last.job_id = head.job_id AND last."index" = head."index" + spread.later
     LEFT JOIN trained_model AS trained ON trained.shard_id = last.id
     LEFT JOIN model ON model.id = trained.model_id
     LEFT JOIN LATERAL (
       SELECT json_agg(json_build_object('epoch', epoch, 'loss', loss, 'accuracy', accuracy, 'images', images, 'learningRate', rate,
                'imagesPerSecond', speed, 'nodeName', nodes) ORDER BY epoch) AS epochs
       FROM (
         SELECT epoch, sum(loss * weight) / sum(weight) AS loss, sum(accuracy * weight) / sum(weight) AS accuracy,
                sum(images)::float8 AS images, (array_agg(learning_rate ORDER BY part."index" DESC))[1] AS rate,
                sum(weight) / nullif(sum(weight / nullif(images_per_second, 0)), 0) * coalesce(spread.workers, 1) AS speed,
                string_agg(DISTINCT gpu_node.name, ', ') AS nodes
         FROM shard AS part
         JOIN training_epoch AS one ON one.shard_id = part.id
         CROSS JOIN LATERAL (SELECT greatest(one.images, 1)::float8 AS weight) AS weighed
         LEFT JOIN gpu_node ON gpu_node.id = one.node_id
         WHERE part.job_id = head.job_id AND part."index" BETWEEN head."index" AND head."index" + spread.later
         GROUP BY epoch) AS together) AS told ON true
     -- Of trainings that ended before epochs had rows.
     LEFT JOIN LATERAL (
       SELECT json_agg(json_build_object('epoch', epoch->'epoch', 'loss', epoch->'loss', 'accuracy', epoch->'accuracy', 'images', 0,
                'learningRate', NULL, 'imagesPerSecond', NULL, 'nodeName', NULL) ORDER BY place) AS epochs
       FROM jsonb_array_elements(trained.epochs) WITH ORDINALITY AS each (epoch, place)) AS earlier ON true
     LEFT JOIN LATERAL (
       SELECT json_build_object('epoch', min(epoch), 'epochs', max(epochs), 'loss', sum(loss * weight) / sum(weight),
                'accuracy', sum(accuracy * weight) / sum(weight), 'images', sum(images)::float8, 'learningRate', min(learning_rate),
                'imagesPerSecond', sum(images_per_second), 'secondsLeft', max(seconds_left),
                'nodeName', string_agg(DISTINCT gpu_node.name, ', ')) AS body
       FROM shard AS part
       JOIN training_standing AS now ON now.shard_id = part.id AND now.lease_id = part.lease_id
       CROSS JOIN LATERAL (SELECT greatest(now.images, 1)::float8 AS weight) AS weighed
       JOIN lease ON lease.id = now.lease_id
       LEFT JOIN gpu_node ON gpu_node.id = lease.node_id
       WHERE part.job_id = head.job_id AND part."index" BETWEEN head."index" AND head."index" + spread.later
       HAVING count(*) > 0) AS standing ON true
     WHERE head.job_id = $1 AND head."index" > $2 AND ($4::text IS NULL OR $4 = ANY(parts.states))
       AND coalesce(head.spec->'round'->>'round', '0') = '0' AND coalesce(head.spec->'round'->>'worker', '0') = '0'
     ORDER BY head."index"
     LIMIT $3`,
    [jobId, page.after ?? -1, page.limit, page.status ?? null],
  );
  return rows.map(({ workers, rounds, succeeded, ...row }) => ({
    ...row,
    spread:
      workers === null || rounds === null
        ? null
        : {
            ...{ workers, rounds },
            roundsDone: Math.min(rounds, Math.floor(succeeded / workers)),
          },
  }));
}
