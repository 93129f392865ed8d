/** Evaluations on the wire. */
import { z } from "zod";
import type { EvaluationView } from "../jobs/list-evaluations.ts";
import { attackNames, normNames } from "../shards/shard-spec.ts";
import { shardStatuses } from "../shards/shard-status.ts";

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const measuredShare = z.object({
  share,
  n: count,
  wilson95: z.tuple([share, share]).readonly(),
});

const measured = z.object({
  datasetDigest: z.string().describe("Of the split that was measured on."),
  images: count.describe("How many were looked at."),
  clean: z.object({
    accuracy: measuredShare,
    expectedCalibrationError: share.describe("15 bins of equal width."),
    classes: z
      .array(
        z.object({
          class: count,
          name: z.string(),
          accuracy: measuredShare,
          predictions: z
            .array(z.object({ class: count, count }))
            .describe("What its images are taken for, most often first."),
        }),
      )
      .optional()
      .describe("Only where one evaluation is asked for."),
  }),
  attackSuccessRate: measuredShare
    .nullable()
    .describe("Null where no backdoor is known."),
  noAttackSuccessRate: z
    .string()
    .nullable()
    .describe("Why there is no attack success rate."),
  robustness: z
    .object({
      norm: z.enum(normNames),
      epsilon: z.number(),
      robustAccuracy: measuredShare.describe(
        "Of all images: right as they are and under every attack.",
      ),
      classes: z.array(measuredShare).optional(),
      attacks: z
        .array(
          z.object({
            name: z.string(),
            tried: count.describe("Images that were right before it."),
            fooled: count.describe("Those of them that are wrong under it."),
            robustAccuracy: measuredShare.describe(
              "Of all images, after it and those before it.",
            ),
          }),
        )
        .describe("In the order in which they were run."),
    })
    .nullable()
    .describe("Null where no attack was asked for."),
  config: z.object({
    robustness: z
      .object({
        attack: z.enum(attackNames),
        norm: z.enum(normNames),
        epsilon: z.number(),
        stepSize: z.number(),
        pgdSteps: count,
        apgdSteps: count,
        apgdTargets: count,
        squareQueries: count,
        seed: count,
      })
      .nullable(),
    seed: count,
    batchSize: count,
  }),
  backend: z.object({
    name: z.string(),
    provider: z.string(),
    threads: count,
  }),
  warnings: z.array(z.string()),
  evaluateMs: z.number().describe("Of the last attempt."),
});

export const evaluation: z.ZodType<EvaluationView> = z.object({
  jobId: z.uuid(),
  shardIndex: count,
  modelId: z.uuid(),
  model: z.string(),
  datasetId: z.uuid(),
  dataset: z.string(),
  split: z
    .string()
    .nullable()
    .describe("Null: the first there is of test, val, train."),
  status: z.enum(shardStatuses).describe("Of the shard."),
  done: share,
  measured: measured.nullable().describe("Null until it is measured."),
  measuredAt: z.iso.datetime().nullable(),
});
