/** What was said of a model, newest first, and what counts. */
import type { Queryable } from "../database/database.ts";
import { requireModel } from "./read-models.ts";
import {
  standingOf,
  type ReviewedPattern,
  type ReviewEntry,
  type ReviewScope,
  type ReviewStanding,
  type ReviewStatus,
} from "./review.ts";

export interface ReviewPage {
  readonly standing: ReviewStanding;
  readonly entries: readonly ReviewEntry[];
}

export interface ReviewQuery extends ReviewScope {
  /** Id of an entry: only older ones. */
  readonly before?: number | undefined;
  readonly limit: number;
}

interface Row extends Omit<ReviewEntry, "id" | "createdAt" | "pattern"> {
  readonly id: string;
  readonly createdAt: Date;
  readonly patternId: string | null;
  readonly jobId: string;
  readonly canvasIndex: number;
  readonly seed: number;
}

/** Columns of an entry, of `review_entry` joined with its model and, where it has one, its pattern. */
const entryColumns = `
  review_entry.id, class_index AS "classIndex", review_entry.status, comment, author, review_entry.created_at AS "createdAt",
  model_sha256 <> model.sha256 AS "isOfEarlierFile", pattern_id AS "patternId", pattern.job_id AS "jobId",
  pattern.canvas_index AS "canvasIndex", pattern.seed`;
const entries = `
  review_entry JOIN model ON model.id = review_entry.model_id LEFT JOIN pattern ON pattern.id = review_entry.pattern_id`;

/**
 * Of a class or a pattern what was said of that alone; of a model all.
 * @throws ControlPlaneError "not-found" where there is no such model
 */
export async function listReviews(
  client: Queryable,
  idOrName: string,
  { classIndex, patternId, before, limit }: ReviewQuery,
): Promise<ReviewPage> {
  const modelId = await requireModel(client, idOrName);
  const scope =
    patternId !== undefined
      ? "pattern_id = $2"
      : classIndex !== undefined
        ? "class_index = $2 AND pattern_id IS NULL"
        : "$2::text IS NULL";
  const about = patternId ?? classIndex ?? null;
  const { rows } = await client.query<Row>(
    `SELECT ${entryColumns} FROM ${entries}
     WHERE model_id = $1 AND ${scope} AND ($3::bigint IS NULL OR review_entry.id < $3)
     ORDER BY review_entry.id DESC LIMIT $4`,
    [modelId, about, before ?? null, limit],
  );
  const standing = await client.query<{
    status: ReviewStatus;
    author: string;
    at: Date;
  }>(
    `SELECT review_entry.status, author, review_entry.created_at AS at FROM ${entries}
     WHERE model_id = $1 AND ${about === null ? "class_index IS NULL AND $2::text IS NULL" : scope}
       AND review_entry.status IS NOT NULL AND model_sha256 = model.sha256
     ORDER BY review_entry.id DESC LIMIT 1`,
    [modelId, about],
  );
  return {
    standing: standingOf(standing.rows[0]),
    entries: rows.map(entryOf),
  };
}

/** Of each of several models the newest entries. @param most of one model */
export async function listReviewsOfModels(
  client: Queryable,
  modelIds: readonly string[],
  most: number,
): Promise<ReadonlyMap<string, readonly ReviewEntry[]>> {
  const { rows } = await client.query<Row & { modelId: string }>(
    `SELECT newest.* FROM unnest($1::uuid[]) AS wanted (id)
     CROSS JOIN LATERAL (
       SELECT model.id AS "modelId", ${entryColumns} FROM ${entries}
       WHERE model.id = wanted.id ORDER BY review_entry.id DESC LIMIT $2
     ) AS newest`,
    [modelIds, most],
  );
  const byModel = Map.groupBy(rows, ({ modelId }) => modelId);
  return new Map(
    [...byModel].map(([id, own]) => [
      id,
      own.map(({ modelId: _, ...row }) => entryOf(row)),
    ]),
  );
}

/** @returns undefined where there is no such entry */
export async function readReview(
  client: Queryable,
  id: number,
): Promise<ReviewEntry | undefined> {
  const { rows } = await client.query<Row>(
    `SELECT ${entryColumns} FROM ${entries} WHERE review_entry.id = $1`,
    [id],
  );
  return rows.map(entryOf)[0];
}

function entryOf(row: Row): ReviewEntry {
  const { id, createdAt, patternId, jobId, canvasIndex, seed, ...rest } = row;
  const pattern: ReviewedPattern | null =
    patternId === null ? null : { id: patternId, jobId, canvasIndex, seed };
  return {
    ...rest,
    id: Number(id),
    pattern,
    createdAt: createdAt.toISOString(),
  };
}
