/** Jobs on the wire, as they are answered. */
import { z } from "zod";
import { jobKinds, jobStatuses, type JobView } from "../jobs/job.ts";
import { leaseOutcomes } from "../shards/lease-outcome.ts";
import { shardStatuses } from "../shards/shard-status.ts";
import type { SearchEstimate } from "../jobs/estimate-search.ts";
import type { AttemptView } from "../jobs/list-attempts.ts";
import type { ShardView } from "../jobs/list-shards.ts";
import type { TrainedModelView } from "../jobs/list-trained-models.ts";
import { canvasSources, presetNames } from "../jobs/search-settings.ts";
import { shardKinds } from "../shards/shard-kinds.ts";

const count = z.int().min(0);
const share = z.number().min(0).max(1);

export const job: z.ZodType<JobView> = z.object({
  id: z.uuid(),
  kind: z.enum(jobKinds),
  name: z.string(),
  status: z.enum(jobStatuses),
  weight: count,
  model: z.string().nullable(),
  modelId: z.uuid().nullable(),
  dataset: z.string().nullable(),
  datasetId: z.uuid().nullable(),
  parameters: z.record(z.string(), z.unknown()),
  shards: z.object({
    total: count,
    succeeded: count,
    dead: count,
    cancelled: count,
    running: count,
    pending: count,
  }),
  done: share,
  ratePerMinute: z
    .number()
    .nullable()
    .describe("Shards done in the last minute."),
  secondsLeft: z
    .number()
    .nullable()
    .describe("Null where nothing says how fast it goes."),
  recent: z
    .array(count)
    .describe(
      "Shards done in each of the last thirty ten-second spans, oldest first; none for a job that has ended.",
    ),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  finishedAt: z.iso.datetime().nullable(),
});

export const shard: z.ZodType<ShardView> = z.object({
  id: z.uuid(),
  index: count,
  kind: z
    .enum(shardKinds)
    .describe("What is done; a job's shards are not all alike."),
  status: z.enum(shardStatuses),
  retryCount: count,
  done: share,
  problem: z.string().nullable(),
  nodeId: z.uuid().nullable().describe("Where it is leased."),
  nodeName: z.string().nullable(),
  attempts: count.describe("How often it was given to a node."),
  hasCheckpoint: z.boolean(),
  searches: z
    .array(z.object({ targetClass: count, canvasIndex: count, seed: count }))
    .nullable(),
  updatedAt: z.iso.datetime(),
});

export const attempt: z.ZodType<AttemptView> = z.object({
  leaseId: z.uuid(),
  nodeId: z.uuid(),
  nodeName: z.string().nullable(),
  replicaId: z.uuid(),
  retryCount: count,
  grantedAt: z.iso.datetime(),
  acceptedAt: z.iso.datetime().nullable(),
  renewedAt: z.iso.datetime().describe("The last sign of life."),
  endedAt: z.iso.datetime().nullable(),
  outcome: z.enum(leaseOutcomes).nullable().describe("Null while it is open."),
});

const trainedEpoch = {
  epoch: z.int().min(1),
  loss: z.number(),
  accuracy: share.describe("On the images as they are trained on."),
  images: count.describe(
    "That these are means over; 0 where its node did not count.",
  ),
  learningRate: z
    .number()
    .nullable()
    .describe("Of the epoch's last step; null where its node did not tell it."),
  imagesPerSecond: z.number().nullable(),
};

export const trainedModel: z.ZodType<TrainedModelView> = z.object({
  shardIndex: count,
  name: z
    .string()
    .describe("Under which it is registered, else under which it is to be."),
  status: z.enum(shardStatuses).describe("Of the shard."),
  done: share,
  modelId: z.uuid().nullable().describe("Null until it is registered."),
  cleanAccuracy: share.nullable().describe("On the test split."),
  cleanAccuracyImages: count.nullable(),
  attackSuccessRate: share
    .nullable()
    .describe("Null for a model without a backdoor."),
  epochs: z
    .array(z.object({ ...trainedEpoch, nodeName: z.string().nullable() }))
    .describe(
      "Those that have ended, whichever attempt and node they are of, as they end; of a long training 512 at most. Means over all workers where it is spread.",
    ),
  standing: z
    .object({
      ...trainedEpoch,
      epochs: z.int().min(1).describe("That the training takes in all."),
      secondsLeft: z
        .number()
        .nullable()
        .describe(
          "To its last step; null where nothing says how fast it goes.",
        ),
      nodeName: z.string().nullable(),
    })
    .nullable()
    .describe("The epoch under way as far as it is, while a node is at it."),
  spread: z
    .object({ workers: count, rounds: count, roundsDone: count })
    .nullable()
    .describe("Null where one node trains it."),
  trainMs: z.number().nullable(),
});

export const searchEstimate: z.ZodType<SearchEstimate> = z.object({
  searches: count,
  shards: count,
  steps: count,
  imageGradients: count,
  seconds: z.number().nullable().describe("Null while no node is online."),
  basis: z.string(),
  classesShortOfCanvases: count,
});

const searchSettings = z.object({
  preset: z.enum(presetNames),
  steps: count,
  batchSize: count,
  alpha: z.number(),
  stepSize: z.number(),
  initialMask: z.number(),
  canvasStepSize: z.number(),
  canvasSource: z.enum(canvasSources),
  canvases: count,
  seeds: count,
});

const searchBounds = z.object({ smallest: z.number(), largest: z.number() });

/** What a form starts from; `bounds` are what is taken. */
export const searchDefaults = z.object({
  presets: z.object({ default: searchSettings, official: searchSettings }),
  bounds: z.object({
    steps: searchBounds,
    batchSize: searchBounds,
    canvases: searchBounds,
    seeds: searchBounds,
    alpha: searchBounds,
    stepSize: searchBounds,
  }),
  evaluateImages: count,
  threshold: share,
});

export const jobResult = z.object({
  result: z
    .looseObject({
      schemaVersion: z.literal(1),
      patterns: z.array(z.looseObject({})),
    })
    .describe("result.json as a search on one machine writes it."),
  files: z.array(
    z.object({
      path: z.string().describe("Relative to the folder of result.json."),
      sha256: z.string(),
      bytes: count,
    }),
  ),
});
