/** What a pattern's sheet is made of, from the database. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";

/** What tells one sheet from another. */
export interface SheetParts {
  readonly patternId: string;
  readonly maskSha256: string;
  readonly canvasSha256: string;
  /** [H, W] of the model's input. */
  readonly size: readonly [number, number];
  /** The largest k of the curve: so many pixels have a rank. */
  readonly largestK: number;
}

interface Row {
  readonly mask_sha256: string;
  readonly canvas_sha256: string;
  readonly largest_k: number | null;
  /** [C, H, W] */
  readonly image_shape: readonly [number, number, number] | null;
}

/** @throws ControlPlaneError "not-found" where there is no such pattern */
export async function readSheetParts(
  client: Queryable,
  patternId: string,
): Promise<SheetParts> {
  const { rows } = await client.query<Row>(
    `SELECT mask_sha256, canvas_sha256, model_check.brief_facts -> 'inputShape' AS image_shape,
            (SELECT max(k) FROM power_point WHERE pattern_id = pattern.id) AS largest_k
     FROM pattern
     JOIN job ON job.id = pattern.job_id
     LEFT JOIN model_check ON model_check.model_id = job.model_id AND model_check.dataset_id = job.dataset_id
     WHERE pattern.id = $1`,
    [patternId],
  );
  const [row] = rows;
  if (!row)
    throw new ControlPlaneError(
      "not-found",
      `There is no pattern ${patternId}. GET /api/jobs/{id}/patterns lists those of a job.`,
    );
  if (!row.image_shape)
    throw new ControlPlaneError(
      "conflict",
      `The model of the pattern ${patternId} is being held against its data set again. Try again when it is checked.`,
    );
  const [, height, width] = row.image_shape;
  return {
    patternId,
    maskSha256: row.mask_sha256,
    canvasSha256: row.canvas_sha256,
    size: [height, width],
    largestK: row.largest_k ?? 0,
  };
}

/**
 * Thousands of numbers: read only where a sheet is made.
 * @returns flat pixel indices, best first, those that have a rank
 * @throws ControlPlaneError "corrupt" where one is not in the image
 */
export async function readTopPixels(
  client: Queryable,
  { patternId, size: [height, width], largestK }: SheetParts,
): Promise<readonly number[]> {
  const { rows } = await client.query<{ top_pixels: readonly number[] }>(
    `SELECT top_pixels[1:$2::int] AS top_pixels FROM pattern WHERE id = $1`,
    [patternId, largestK],
  );
  const pixels = rows[0]?.top_pixels ?? [];
  const outside = pixels.find(
    (index) => !(index >= 0 && index < height * width),
  );
  if (outside === undefined) return pixels;
  throw new ControlPlaneError(
    "corrupt",
    `The pattern ${patternId} has the pixel ${outside}, and its images have ${height}×${width}. Search this class again.`,
  );
}
