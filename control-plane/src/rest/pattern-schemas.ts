/** Patterns on the wire. */
import { z } from "zod";
import type { PatternPageView } from "../jobs/list-patterns.ts";
import type { PatternDetail } from "../jobs/read-pattern.ts";
import { limit, position } from "./pages.ts";

/** What the column takes. */
const largestInteger = 2 ** 31 - 1;

export const patternPage = z.strictObject({
  limit,
  after: z
    .uuid()
    .optional()
    .describe("Id of a pattern of the job: only those behind it."),
  shard: position
    .max(largestInteger)
    .optional()
    .describe("Index of a shard: only its patterns."),
});

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const shareAtEachK = z.array(share.nullable());

export const patternPageView: z.ZodType<PatternPageView> = z.object({
  ks: z
    .array(count)
    .describe("Pixel counts of the curves, ascending; the same on every page."),
  fractions: z.array(share).describe("Share of the image that each k is."),
  imageShape: z.array(count).describe("[C, H, W]"),
  patterns: z.array(
    z.object({
      id: z.uuid(),
      targetClass: count,
      canvasIndex: count,
      seed: count,
      kStar: count
        .nullable()
        .describe("Smallest k that reaches the job's threshold."),
      maskL1: z.number(),
      n: count.describe("Images that it was tried on."),
      baseRate: share.describe("Predicted as the target without it."),
      power: shareAtEachK.describe("One a k of ks."),
      low: shareAtEachK.describe("Of the 95% interval."),
      high: shareAtEachK,
    }),
  ),
});

export const patternDetail: z.ZodType<PatternDetail> = z.object({
  id: z.uuid(),
  jobId: z.uuid(),
  shardIndex: count,
  targetClass: count,
  canvasIndex: count,
  seed: count,
  steps: count,
  imageGradients: count,
  maskL1: z.number(),
  kStar: count.nullable(),
  wallMs: z.number(),
  maskSha256: sha256,
  canvasSha256: sha256,
  patternSha256: sha256,
  heatmapSha256: sha256,
  topPixels: z.array(count).describe("Flat pixel indices, best first."),
  curve: z.array(
    z.object({
      k: count,
      fraction: share,
      power: share,
      baseRate: share,
      n: count,
      wilson95: z.tuple([z.number(), z.number()]),
    }),
  ),
  sourceToTarget: z.array(
    z.object({ sourceClass: count, power: share, n: count }),
  ),
  trace: z
    .object({
      steps: z.array(count).describe("Steps done, ascending."),
      loss: z
        .array(z.number())
        .describe(
          "α·cross-entropy + (1 − α)·size, of that step's batch, before that step.",
        ),
      maskL1: z.array(z.number()).describe("Sum of the mask after that step."),
    })
    .nullable()
    .describe("How the search went, at 64 of its steps at most."),
  nodeName: z.string().nullable(),
});
