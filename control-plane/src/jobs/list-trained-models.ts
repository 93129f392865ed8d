/** The models of a training, one a shard, from before they are trained on. */
import type { Queryable } from "../database/database.ts";
import type { TrainedEpoch } from "../shards/shard-result.ts";
import type { ShardStatus } from "../shards/shard-status.ts";
import { requireJob } from "./read-jobs.ts";

export interface TrainedModelView {
  readonly shardIndex: number;
  /** Under which it is registered, else under which it is to be. */
  readonly name: string;
  /** Of the shard. */
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
  /** Of the attempt that ended it; none until then. */
  readonly epochs: readonly TrainedEpoch[];
  readonly trainMs: number | null;
}

/**
 * @param page shards with an index above `after`, at most `limit`
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
  const { rows } = await client.query<TrainedModelView>(
    `SELECT shard."index" AS "shardIndex", coalesce(model.name, trained.name, shard.spec->>'name') AS name,
            shard.status, shard.done, trained.model_id AS "modelId", trained.clean_accuracy AS "cleanAccuracy",
            trained.clean_accuracy_images AS "cleanAccuracyImages", trained.attack_success_rate AS "attackSuccessRate",
            coalesce(trained.epochs, '[]') AS epochs, trained.train_ms AS "trainMs"
     FROM shard
     LEFT JOIN trained_model AS trained ON trained.shard_id = shard.id
     LEFT JOIN model ON model.id = trained.model_id
     WHERE shard.job_id = $1 AND shard."index" > $2
     ORDER BY shard."index"
     LIMIT $3`,
    [jobId, page.after ?? -1, page.limit],
  );
  return rows;
}
