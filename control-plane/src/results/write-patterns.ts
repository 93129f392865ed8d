/** Patterns and their size–power curves: a row each, so that galleries can be read and sorted without opening results. */
import { randomUUID } from "node:crypto";
import type { Queryable } from "../database/database.ts";
import type { NewEvent } from "../progress/append-events.ts";
import type { SearchResult } from "../shards/shard-result.ts";
import type { AcceptedResult } from "./accepted-result.ts";

export async function writePatterns(
  client: Queryable,
  results: readonly AcceptedResult<SearchResult>[],
): Promise<readonly NewEvent[]> {
  const patterns = results.flatMap(({ jobId, shardId, result }) =>
    result.patterns.map((pattern) => ({
      id: randomUUID(),
      jobId,
      shardId,
      pattern,
    })),
  );
  await client.query(
    `INSERT INTO pattern (id, job_id, shard_id, target_class, canvas_index, seed, steps, image_gradients, mask_l1,
       mask_sha256, canvas_sha256, pattern_sha256, heatmap_sha256, top_pixels, source_to_target, k_star, wall_ms, trace)
     SELECT id, job_id, shard_id, target_class, canvas_index, seed, steps, image_gradients, mask_l1,
       mask_sha256, canvas_sha256, pattern_sha256, heatmap_sha256,
       ARRAY(SELECT pixel::int FROM jsonb_array_elements_text(top_pixels) WITH ORDINALITY AS listed (pixel, place) ORDER BY place),
       source_to_target, k_star, wall_ms, trace
     FROM jsonb_to_recordset($1::jsonb) AS new (id uuid, job_id uuid, shard_id uuid, target_class int, canvas_index int, seed int,
       steps int, image_gradients bigint, mask_l1 float8, mask_sha256 text, canvas_sha256 text, pattern_sha256 text,
       heatmap_sha256 text, top_pixels jsonb, source_to_target jsonb, k_star int, wall_ms float8, trace jsonb)`,
    [
      JSON.stringify(
        patterns.map(({ id, jobId, shardId, pattern }) => ({
          id,
          job_id: jobId,
          shard_id: shardId,
          target_class: pattern.identity.targetClass,
          canvas_index: pattern.identity.canvasIndex,
          seed: pattern.identity.seed,
          steps: pattern.steps,
          image_gradients: pattern.imageGradients,
          mask_l1: pattern.maskL1,
          mask_sha256: pattern.mask.sha256,
          canvas_sha256: pattern.canvas.sha256,
          pattern_sha256: pattern.pattern.sha256,
          heatmap_sha256: pattern.heatmap.sha256,
          top_pixels: pattern.topPixels,
          source_to_target: pattern.sourceToTarget,
          k_star: pattern.kStar,
          wall_ms: pattern.wallMs,
          trace: pattern.trace,
        })),
      ),
    ],
  );
  await client.query(
    `INSERT INTO power_point (pattern_id, k, fraction, power, base_rate, n, wilson_low, wilson_high)
     SELECT * FROM jsonb_to_recordset($1::jsonb) AS new (pattern_id uuid, k int, fraction float8, power float8,
       base_rate float8, n int, wilson_low float8, wilson_high float8)`,
    [
      JSON.stringify(
        patterns.flatMap(({ id, pattern }) =>
          pattern.predictivePower.map(
            ({ k, fraction, power, baseRate, n, wilson95 }) => ({
              pattern_id: id,
              k,
              fraction,
              power,
              base_rate: baseRate,
              n,
              wilson_low: wilson95[0],
              wilson_high: wilson95[1],
            }),
          ),
        ),
      ),
    ],
  );
  return [...Map.groupBy(patterns, ({ jobId }) => jobId)].map(
    ([jobId, ofJob]) => ({
      stream: jobId,
      type: "patterns",
      body: {
        items: ofJob.map(({ pattern: { identity, kStar } }) => ({
          ...identity,
          kStar,
        })),
      },
    }),
  );
}
