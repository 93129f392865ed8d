/** One pattern with all that is known of it. */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Queryable } from "../database/database.ts";
import type {
  PowerPoint,
  SearchTrace,
  SourcePower,
} from "../shards/shard-result.ts";

export interface PatternDetail {
  readonly id: string;
  readonly jobId: string;
  readonly shardIndex: number;
  readonly targetClass: number;
  readonly canvasIndex: number;
  readonly seed: number;
  readonly steps: number;
  readonly imageGradients: number;
  readonly maskL1: number;
  readonly kStar: number | null;
  readonly wallMs: number;
  /** Artifacts. */
  readonly maskSha256: string;
  readonly canvasSha256: string;
  readonly patternSha256: string;
  readonly heatmapSha256: string;
  /** Flat pixel indices, best first. */
  readonly topPixels: readonly number[];
  /** k ascending. */
  readonly curve: readonly PowerPoint[];
  readonly sourceToTarget: readonly SourcePower[];
  /** Null where the node that found it kept none. */
  readonly trace: SearchTrace | null;
  /** Of the compute node that found it; null where the node is not known any more. */
  readonly nodeName: string | null;
}

type Row = Omit<PatternDetail, "imageGradients"> & {
  readonly imageGradients: string;
};

/** @throws ControlPlaneError "not-found" */
export async function readPattern(
  client: Queryable,
  id: string,
): Promise<PatternDetail> {
  const { rows } = await client.query<Row>(
    `SELECT pattern.id, pattern.job_id AS "jobId", shard."index" AS "shardIndex", target_class AS "targetClass",
            canvas_index AS "canvasIndex", seed, steps, image_gradients AS "imageGradients", mask_l1 AS "maskL1", k_star AS "kStar",
            wall_ms AS "wallMs", mask_sha256 AS "maskSha256", canvas_sha256 AS "canvasSha256", pattern_sha256 AS "patternSha256",
            heatmap_sha256 AS "heatmapSha256", top_pixels AS "topPixels", source_to_target AS "sourceToTarget",
            trace, gpu_node.name AS "nodeName", coalesce(measured.curve, '[]') AS curve
     FROM pattern
     JOIN shard ON shard.id = pattern.shard_id
     LEFT JOIN result ON result.shard_id = pattern.shard_id
     LEFT JOIN gpu_node ON gpu_node.id = result.node_id
     LEFT JOIN LATERAL (
       SELECT jsonb_agg(jsonb_build_object('k', k, 'fraction', fraction, 'power', power, 'baseRate', base_rate, 'n', n,
                                           'wilson95', jsonb_build_array(wilson_low, wilson_high)) ORDER BY k) AS curve
       FROM power_point WHERE pattern_id = pattern.id
     ) AS measured ON true
     WHERE pattern.id = $1`,
    [id],
  );
  const [row] = rows;
  if (row) return { ...row, imageGradients: Number(row.imageGradients) };
  throw unknownPattern(id);
}

export const unknownPattern = (id: string): ControlPlaneError =>
  new ControlPlaneError(
    "not-found",
    `There is no pattern ${id}. GET /api/jobs/{id}/patterns lists those of a job.`,
  );
