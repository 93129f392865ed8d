/** Data sets, models and artifacts on the wire. */
import { z } from "zod";
import type { DatasetDetail, DatasetView } from "../datasets/read-datasets.ts";
import { jobKinds, jobStatuses } from "../jobs/job.ts";
import { modelSettings, type ModelView } from "../models/read-models.ts";
import { isUsableName } from "../models/register-model.ts";
import { verdictNames } from "../shards/shard-result.ts";
import { reviewStanding } from "./collection-schemas.ts";

const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits are expected");
const path = z
  .string()
  .min(1)
  .max(4_096)
  .refine((text) => !text.includes("\0"), "a path has no zero bytes")
  .describe("Absolute, on the control plane's machine. Needs the scope admin.");
const name = z
  .string()
  .refine(
    isUsableName,
    "1 to 200 characters without line breaks are expected, and no UUID",
  );
const fileName = z
  .string()
  .min(1)
  .max(200)
  .refine(
    (text) => !/[/\\\p{Cc}]/u.test(text) && text !== "." && text !== "..",
    "a plain name without folders is expected",
  );
const count = z.int().min(0);
const status = z.enum(["CHECKING", "READY", "REFUSED"]);

/** Most files that a data set is uploaded as; more go as an archive. */
const mostFiles = 256;

export const datasetRequest = z
  .strictObject({
    name,
    path: path.optional(),
    files: z
      .array(z.strictObject({ name: fileName, sha256 }))
      .min(1)
      .max(mostFiles)
      .refine(
        (files) =>
          new Set(files.map((file) => file.name)).size === files.length,
        "two files have one name",
      )
      .optional()
      .describe("Uploaded artifacts."),
    split: z.string().min(1).max(100).optional(),
  })
  .refine(
    (request) => (request.path === undefined) !== (request.files === undefined),
    {
      path: ["path"],
      message: "give either a path or files",
    },
  );

const datasetFields = {
  id: z.uuid(),
  name: z.string(),
  status,
  problem: z.string().nullable(),
  jobId: z.uuid().nullable(),
  path: z.string().nullable(),
  split: z.string().nullable(),
  files: z.array(z.object({ name: z.string(), sha256, bytes: count })),
  format: z.string().nullable(),
  digest: z.string().nullable(),
  imageCount: count.nullable(),
  classNames: z.array(z.string()),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
};

export const dataset: z.ZodType<DatasetView> = z.object(datasetFields);

export const datasetDetail: z.ZodType<DatasetDetail> = z.object({
  ...datasetFields,
  imagesByClass: z
    .array(count)
    .nullable()
    .describe("Null where it was inspected before that was counted."),
  samples: z
    .object({
      height: count.describe("Of one image, in pixels."),
      width: count,
      perClass: count.describe("Columns."),
      classesPerSheet: count.describe("Rows; the last sheet may have fewer."),
      sheets: z
        .array(sha256)
        .describe(
          "Artifacts, PNG: a row a class, a column an image; what a class lacks is transparent.",
        ),
    })
    .nullable(),
});

const reference = z.string().min(1).max(200).describe("Id or name.");

export const modelRequest = z
  .strictObject({
    name: name.optional(),
    path: path.optional(),
    sha256: sha256.optional().describe("Of an uploaded artifact."),
    manifest: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("Where absent: the .json beside the path."),
    dataset: reference,
  })
  .refine(
    (request) =>
      (request.path === undefined) !== (request.sha256 === undefined),
    { path: ["path"], message: "give either a path or a sha256" },
  );

export const checkRequest = z.strictObject({ dataset: reference });

const share = z.number().min(0).max(1);

export const model: z.ZodType<ModelView> = z.object({
  id: z.uuid(),
  name: z.string(),
  sha256,
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  setting: z
    .enum(modelSettings)
    .describe("How it was trained, as its manifest says."),
  dataset: z.string().nullable().describe("Of its first good check."),
  numClasses: count.nullable(),
  declaredAccuracy: z.number().nullable(),
  cleanAccuracy: share.nullable(),
  robustAccuracy: share.nullable(),
  audit: z
    .object({
      jobId: z.uuid(),
      verdict: z.enum(verdictNames),
      probability: share.nullable().describe("Of a backdoor."),
      targetClass: count.nullable(),
      targetClassName: z.string().nullable(),
      pValue: share.nullable(),
      documentSha256: z.string().describe("The evidence, an artifact."),
      judgedAt: z.iso.datetime(),
    })
    .nullable()
    .describe("What its newest audit says, by Motif's own method."),
  status: status.describe("Of its newest check."),
  tags: z.array(z.string()),
  review: reviewStanding.describe("Of the model as a whole."),
  lastJob: z
    .object({
      id: z.uuid(),
      name: z.string(),
      kind: z.enum(jobKinds),
      status: z.enum(jobStatuses),
      createdAt: z.iso.datetime(),
    })
    .nullable(),
  evidence: z
    .object({
      jobId: z.uuid(),
      targetClass: count.nullable(),
      className: z.string().nullable(),
      anomalyIndex: z.number().nullable(),
      medianKStar: z.number().nullable(),
      kStar: count.nullable(),
      threshold: z
        .number()
        .nullable()
        .describe("What the index exceeds in 5% of clean models."),
      reason: z
        .string()
        .nullable()
        .describe("Why nothing can be said; then the rest is null."),
    })
    .nullable()
    .describe("Of the newest search of all classes: the one that stands out."),
  checks: z.array(
    z.object({
      dataset: z.string(),
      status,
      problem: z.string().nullable(),
      jobId: z.uuid(),
      facts: z.record(z.string(), z.unknown()).nullable(),
    }),
  ),
  manifest: z.unknown().optional(),
});

export const storedArtifact = z.object({ sha256, bytes: count });
