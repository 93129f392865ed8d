/** Audits on the wire. */
import { z } from "zod";
import type { AuditView } from "../jobs/list-audits.ts";
import { verdictNames } from "../shards/shard-result.ts";
import { auditMethods } from "../shards/shard-spec.ts";
import { shardStatuses } from "../shards/shard-status.ts";
import { limit } from "./pages.ts";

const count = z.int().min(0);
const share = z.number().min(0).max(1);

const judged = z.object({
  document: z
    .object({ sha256: z.string(), bytes: count })
    .describe("audit.json without times, an artifact: the evidence."),
  verdict: z
    .enum(verdictNames)
    .describe(
      "The strongest word is suspected: no model is ever called clean.",
    ),
  reason: z.string(),
  probability: share
    .nullable()
    .describe("Of a backdoor; null where the method gives none."),
  targetClass: count
    .nullable()
    .describe("Null where images go to several, or nothing can be said."),
  targetClassName: z.string().nullable(),
  perturbation: z
    .string()
    .nullable()
    .describe("The kind of change that it answers to."),
  anomalyIndex: z.number().nullable(),
  pValue: share.nullable(),
  cleanAccuracy: share.nullable(),
  cost: z.object({
    imageGradients: count,
    exhaustiveImageGradients: count.describe(
      "What asking about every class at length would have cost.",
    ),
  }),
  datasetDigest: z.string().describe("Of the split that was audited on."),
  backend: z.object({
    name: z.string(),
    provider: z.string(),
    threads: count,
  }),
  warnings: z.array(z.string()),
  auditMs: z.number().describe("Of the last attempt."),
});

export const audit: z.ZodType<AuditView> = z.object({
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
  method: z.enum(auditMethods),
  cleanModels: count.describe(
    "How many clean models it is compared with; 0: its classes are compared with each other alone.",
  ),
  status: z.enum(shardStatuses).describe("Of the shard."),
  done: share,
  problem: z.string().nullable().describe("Why there is no verdict."),
  judged: judged.nullable().describe("Null until it is there."),
  judgedAt: z.iso.datetime().nullable(),
});

export const comparableAuditsPage = z.strictObject({
  split: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe(
      "That was audited on; by default as the data set was registered.",
    ),
  model: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Only of this one: id or name."),
  q: z
    .string()
    .max(200)
    .optional()
    .describe("Words that the model's name has to have."),
  limit,
});
