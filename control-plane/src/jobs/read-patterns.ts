/** Patterns with their size–power curves, from their rows to the entries of result.json. */
import type { Queryable } from "../database/database.ts";
import { pathsOf } from "./pattern-paths.ts";

/** Fields in the order of result.json. */
export interface ResultPattern {
  readonly targetClass: number;
  readonly canvasIndex: number;
  readonly seed: number;
  readonly steps: number;
  readonly imageGradients: number;
  readonly maskL1: number;
  readonly mask: string;
  readonly images: {
    readonly canvas: string;
    readonly pattern: string;
    readonly heatmap: string;
  };
  readonly topPixels: readonly number[];
  readonly predictivePower: readonly CurvePoint[];
  readonly sourceToTarget: readonly SourcePower[];
  readonly kStar: number | null;
  readonly wallMs: number;
}

interface CurvePoint {
  readonly k: number;
  readonly fraction: number;
  readonly power: number;
  readonly baseRate: number;
  readonly n: number;
  readonly wilson95: readonly [number, number];
}

interface SourcePower {
  readonly sourceClass: number;
  readonly power: number;
  readonly n: number;
}

interface Row {
  readonly target_class: number;
  readonly canvas_index: number;
  readonly seed: number;
  readonly steps: number;
  readonly image_gradients: string;
  readonly mask_l1: number;
  readonly top_pixels: readonly number[];
  readonly source_to_target: readonly SourcePower[];
  readonly k_star: number | null;
  readonly wall_ms: number;
  /** One array a column of power_point, k ascending. */
  readonly k: readonly number[];
  readonly fraction: readonly number[];
  readonly power: readonly number[];
  readonly base_rate: readonly number[];
  readonly n: readonly number[];
  readonly wilson_low: readonly number[];
  readonly wilson_high: readonly number[];
}

/** @returns in the order of result.json: classes, canvases, seeds */
export async function readPatterns(
  client: Queryable,
  ids: readonly string[],
): Promise<readonly ResultPattern[]> {
  const { rows } = await client.query<Row>(
    `SELECT target_class, canvas_index, seed, steps, image_gradients, mask_l1, top_pixels, source_to_target, k_star, wall_ms,
            curve.*
     FROM pattern
     JOIN LATERAL (
       SELECT array_agg(k ORDER BY k) AS k, array_agg(fraction ORDER BY k) AS fraction, array_agg(power ORDER BY k) AS power,
              array_agg(base_rate ORDER BY k) AS base_rate, array_agg(n ORDER BY k) AS n,
              array_agg(wilson_low ORDER BY k) AS wilson_low, array_agg(wilson_high ORDER BY k) AS wilson_high
       FROM power_point WHERE pattern_id = pattern.id
     ) AS curve ON true
     WHERE pattern.id = ANY ($1)
     ORDER BY target_class, canvas_index, seed`,
    [ids],
  );
  return rows.map(patternOf);
}

function patternOf(row: Row): ResultPattern {
  const { target_class, canvas_index, seed } = row;
  const { mask, ...images } = pathsOf(target_class, canvas_index, seed);
  return {
    targetClass: target_class,
    canvasIndex: canvas_index,
    seed,
    steps: row.steps,
    imageGradients: Number(row.image_gradients),
    maskL1: row.mask_l1,
    mask,
    images,
    topPixels: row.top_pixels,
    predictivePower: row.k.map((k, i) => ({
      k,
      fraction: row.fraction[i]!,
      power: row.power[i]!,
      baseRate: row.base_rate[i]!,
      n: row.n[i]!,
      wilson95: [row.wilson_low[i]!, row.wilson_high[i]!],
    })),
    sourceToTarget: row.source_to_target.map(({ sourceClass, power, n }) => ({
      sourceClass,
      power,
      n,
    })),
    kStar: row.k_star,
    wallMs: row.wall_ms,
  };
}
