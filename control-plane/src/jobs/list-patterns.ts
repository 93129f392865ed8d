/** The patterns of a job for a gallery: a page at a time, each with its size–power curve as plain rows of numbers. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import type { JobKind } from "./job.ts";
import { unknownJob } from "./read-jobs.ts";

export interface PatternPageView {
  /** Pixel counts of the job's curves, ascending; the same on every page. Empty while there is no pattern. */
  readonly ks: readonly number[];
  /** Share of the image's pixels that each is. */
  readonly fractions: readonly number[];
  /** [C, H, W]. */
  readonly imageShape: readonly number[];
  readonly patterns: readonly ListedPattern[];
}

/** Shares are rounded to four decimals. */
export interface ListedPattern {
  readonly id: string;
  readonly targetClass: number;
  readonly canvasIndex: number;
  readonly seed: number;
  /** Smallest k that reaches the job's threshold. */
  readonly kStar: number | null;
  readonly maskL1: number;
  /** Images that it was tried on. */
  readonly n: number;
  /** Share of them that are predicted as the target without it. */
  readonly baseRate: number;
  /** Predictive power at each k of the page; null where it was not measured there. */
  readonly power: readonly (number | null)[];
  /** Bounds of its 95% interval (Wilson). */
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

interface PatternFilter {
  readonly limit: number;
  /** Id of a pattern of the job: only those behind it. */
  readonly after?: string | undefined;
  /** Index of a shard: only its patterns. */
  readonly shard?: number | undefined;
}

interface Row {
  readonly id: string;
  readonly target_class: number;
  readonly canvas_index: number;
  readonly seed: number;
  readonly k_star: number | null;
  readonly mask_l1: number;
  /** One array a column of power_point, k ascending. */
  readonly k: readonly number[] | null;
  readonly power: readonly number[] | null;
  readonly low: readonly number[] | null;
  readonly high: readonly number[] | null;
  readonly n: number | null;
  readonly base_rate: number | null;
}

/**
 * In the order of result.json: classes, canvases, seeds.
 * @throws ControlPlaneError "not-found" where there is no such job, or `after` is no pattern of it; "conflict" for a job that is no
 *   search
 */
export async function listPatterns(
  client: Queryable,
  jobId: string,
  filter: PatternFilter,
): Promise<PatternPageView> {
  const imageShape = await readImageShape(client, jobId);
  const after = await readPosition(client, jobId, filter.after);
  const { ks, fractions } = await readCurveAxis(client, jobId);
  const { rows } = await client.query<Row>(
    `SELECT pattern.id, target_class, canvas_index, seed, k_star, mask_l1, curve.*
     FROM pattern
     JOIN LATERAL (
       SELECT array_agg(k ORDER BY k) AS k, array_agg(power ORDER BY k) AS power,
              array_agg(wilson_low ORDER BY k) AS low, array_agg(wilson_high ORDER BY k) AS high,
              max(n) AS n, max(base_rate) AS base_rate
       FROM power_point WHERE pattern_id = pattern.id
     ) AS curve ON true
     WHERE pattern.job_id = $1
       AND (target_class, canvas_index, seed) > ($2::int, $3::int, $4::int)
       AND ($5::int IS NULL OR pattern.shard_id = (SELECT id FROM shard WHERE job_id = $1 AND "index" = $5))
     ORDER BY target_class, canvas_index, seed
     LIMIT $6`,
    [jobId, ...after, filter.shard ?? null, filter.limit],
  );
  return {
    ks,
    fractions,
    imageShape,
    patterns: rows.map((row) => listedPatternOf(row, ks)),
  };
}

/** Of the model's input, as its check found it. */
async function readImageShape(
  client: Queryable,
  jobId: string,
): Promise<readonly number[]> {
  const { rows } = await client.query<{
    kind: JobKind;
    image_shape: readonly number[] | null;
  }>(
    `SELECT job.kind, model_check.brief_facts -> 'inputShape' AS image_shape
     FROM job
     LEFT JOIN model_check ON model_check.model_id = job.model_id AND model_check.dataset_id = job.dataset_id
     WHERE job.id = $1`,
    [jobId],
  );
  const [row] = rows;
  if (!row) throw unknownJob(jobId);
  if (row.kind !== "search" || !row.image_shape)
    throw new ControlPlaneError(
      "conflict",
      `The job ${jobId} is of kind "${row.kind}": only a search has patterns.`,
    );
  return row.image_shape;
}

/** Target class, canvas and seed after which a page begins. */
async function readPosition(
  client: Queryable,
  jobId: string,
  after: string | undefined,
): Promise<readonly [number, number, number]> {
  if (after === undefined) return [-1, -1, -1];
  const { rows } = await client.query<
    Pick<Row, "target_class" | "canvas_index" | "seed">
  >(
    "SELECT target_class, canvas_index, seed FROM pattern WHERE id = $1 AND job_id = $2",
    [after, jobId],
  );
  const [row] = rows;
  if (row) return [row.target_class, row.canvas_index, row.seed];
  throw new ControlPlaneError(
    "not-found",
    `after: the job ${jobId} has no pattern ${after}. Take the id of one that a page before had.`,
  );
}

/** Of the job's first pattern: all are measured at the same sizes. */
async function readCurveAxis(
  client: Queryable,
  jobId: string,
): Promise<Pick<PatternPageView, "ks" | "fractions">> {
  const { rows } = await client.query<{ k: number; fraction: number }>(
    `SELECT k, fraction FROM power_point
     WHERE pattern_id = (SELECT id FROM pattern WHERE job_id = $1 ORDER BY target_class, canvas_index, seed LIMIT 1)
     ORDER BY k`,
    [jobId],
  );
  return {
    ks: rows.map(({ k }) => k),
    fractions: rows.map(({ fraction }) => fraction),
  };
}

function listedPatternOf(row: Row, ks: readonly number[]): ListedPattern {
  const places = ks.map((k) => row.k?.indexOf(k) ?? -1);
  const along = (values: readonly number[] | null) =>
    places.map((place) => {
      const value = values?.[place];
      return value === undefined ? null : rounded(value);
    });
  return {
    id: row.id,
    targetClass: row.target_class,
    canvasIndex: row.canvas_index,
    seed: row.seed,
    kStar: row.k_star,
    maskL1: rounded(row.mask_l1),
    n: row.n ?? 0,
    baseRate: rounded(row.base_rate ?? 0),
    power: along(row.power),
    low: along(row.low),
    high: along(row.high),
  };
}

/** Thousands of patterns go over the wire; nobody sees a fifth decimal. */
const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
