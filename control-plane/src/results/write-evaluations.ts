/** What was measured of models; jobs/list-evaluations.ts reads it. */
import type { Queryable } from "../database/database.ts";
import type { NewEvent } from "../progress/append-events.ts";
import type { EvaluateResult } from "../shards/shard-result.ts";
import type { AcceptedResult } from "./accepted-result.ts";

export async function writeEvaluations(
  client: Queryable,
  evaluations: readonly AcceptedResult<EvaluateResult>[],
): Promise<readonly NewEvent[]> {
  const parts = evaluations.map(({ result }) => partsOf(result));
  const { rows } = await client.query<{
    shardId: string;
    modelId: string;
    name: string;
  }>(
    `WITH written AS (
       INSERT INTO evaluation (shard_id, job_id, model_id, dataset_id, robust_accuracy, brief, classes)
       SELECT given.shard_id, job.id, (shard.spec->>'modelId')::uuid, job.dataset_id, given.robust_accuracy, given.brief, given.classes
       FROM unnest($1::uuid[], $2::float8[], $3::jsonb[], $4::jsonb[]) AS given (shard_id, robust_accuracy, brief, classes)
       JOIN shard ON shard.id = given.shard_id
       JOIN job ON job.id = shard.job_id
       RETURNING shard_id, model_id
     )
     SELECT written.shard_id AS "shardId", model.id AS "modelId", model.name
     FROM written JOIN model ON model.id = written.model_id`,
    [
      evaluations.map(({ shardId }) => shardId),
      evaluations.map(
        ({ result }) => result.robustness?.robustAccuracy.share ?? null,
      ),
      parts.map(({ brief }) => JSON.stringify(brief)),
      parts.map(({ classes }) => JSON.stringify(classes)),
    ],
  );
  const models = new Map(rows.map((row) => [row.shardId, row]));
  return evaluations.flatMap(({ jobId, shardId, result }) => {
    const model = models.get(shardId);
    return [
      {
        stream: jobId,
        type: "model-evaluated",
        body: {
          shardId,
          modelId: model?.modelId,
          name: model?.name,
          cleanAccuracy: result.clean.accuracy.share,
          attackSuccessRate: result.attackSuccessRate?.share ?? null,
          robustAccuracy: result.robustness?.robustAccuracy.share ?? null,
        },
      },
      {
        stream: "cluster",
        type: "model-evaluated",
        body: { modelId: model?.modelId, jobId },
      },
    ];
  });
}

/** What there is of each class, of which there may be thousands, apart from the rest. */
function partsOf({ kind: _, clean, robustness, ...rest }: EvaluateResult) {
  const { classes, ...briefClean } = clean;
  const { classes: robustClasses = null, ...briefRobustness } =
    robustness ?? {};
  return {
    brief: {
      ...rest,
      clean: briefClean,
      robustness: robustness && briefRobustness,
    },
    classes: { clean: classes, robust: robustClasses },
  };
}
