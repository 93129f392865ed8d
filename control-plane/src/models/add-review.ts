/** Writes what somebody says of a model, of one of its classes or patterns. What was said before stays. */
import { recordChange } from "../audit-log/record-change.ts";
import type { Caller } from "../auth/caller.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Database, Queryable } from "../database/database.ts";
import { appendEvents } from "../progress/append-events.ts";
import { readReview } from "./list-reviews.ts";
import { unknownModel } from "./read-models.ts";
import type { ReviewEntry, ReviewScope, ReviewStatus } from "./review.ts";

export interface NewReview extends ReviewScope {
  readonly status?: ReviewStatus | undefined;
  /** Plain text. */
  readonly comment?: string | undefined;
}

interface ReviewedModel {
  readonly id: string;
  readonly name: string;
  readonly sha256: string;
  /** As its checks found, the largest; null before there is one. */
  readonly numClasses: number | null;
}

/** @throws ControlPlaneError "not-found" model or pattern, "invalid" class */
export function addReview(
  database: Database,
  idOrName: string,
  review: NewReview,
  caller: Caller,
): Promise<ReviewEntry> {
  return database.transaction(async (client) => {
    const model = await lockModel(client, idOrName);
    const classIndex = await findClass(client, model, review);
    const { status = null, comment = null, patternId = null } = review;
    const { rows } = await client.query<{ id: string }>(
      `INSERT INTO review_entry (model_id, model_sha256, class_index, pattern_id, status, comment, author)
       VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
      [
        ...[model.id, model.sha256, classIndex, patternId],
        ...[status, comment, caller.actor],
      ],
    );
    const id = Number(rows[0]!.id);
    await recordChange(client, {
      ...{ actor: caller.actor, address: caller.address },
      ...{ action: "model.review", subject: model.id },
      details: {
        ...{ name: model.name, entry: id, classIndex, patternId, status },
        hasComment: comment !== null,
      },
    });
    await appendEvents(client, [
      {
        stream: "cluster",
        type: "model-reviewed",
        body: { modelId: model.id, classIndex, patternId, status },
      },
    ]);
    return (await readReview(client, id))!;
  });
}

/** One after another, so that the newest entry is the one that was written last. */
async function lockModel(
  client: Queryable,
  idOrName: string,
): Promise<ReviewedModel> {
  const { rows } = await client.query<ReviewedModel>(
    `SELECT id, name, sha256,
            (SELECT max((brief_facts->>'numClasses')::int) FROM model_check
             WHERE model_id = model.id AND status = 'READY') AS "numClasses"
     FROM model WHERE id::text = $1 OR name = $1 FOR NO KEY UPDATE`,
    [idOrName],
  );
  const [model] = rows;
  if (model) return model;
  throw unknownModel(idOrName);
}

async function findClass(
  client: Queryable,
  { id, name, numClasses }: ReviewedModel,
  { classIndex, patternId }: ReviewScope,
): Promise<number | null> {
  if (patternId === undefined) {
    if (classIndex === undefined) return null;
    if (numClasses === null || classIndex < numClasses) return classIndex;
    throw new ControlPlaneError(
      "invalid",
      `classIndex: ${classIndex}: ${name} has the classes 0 to ${numClasses - 1}.`,
    );
  }
  const { rows } = await client.query<{ targetClass: number }>(
    `SELECT target_class AS "targetClass" FROM pattern JOIN job ON job.id = pattern.job_id
     WHERE pattern.id = $1 AND job.model_id = $2`,
    [patternId, id],
  );
  const [pattern] = rows;
  if (pattern) return pattern.targetClass;
  throw new ControlPlaneError(
    "not-found",
    `patternId: ${patternId}: ${name} has no such pattern. GET /api/jobs/{id}/patterns lists those of a search.`,
  );
}
