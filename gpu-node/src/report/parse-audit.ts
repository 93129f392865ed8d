/**
 * Reads audit.json: a folder may come from elsewhere, and what is drawn from it must be what it says it is. Writes it with its fields in the
 * schema's order, so that the same audit has the same bytes whether it was just made or read.
 */
import { z } from "zod";
import {
  evidenceSchema,
  findingSchema,
  movesSchema,
  screenedSchema,
} from "../audit/evidence-schema.ts";
import { perturbationKinds } from "../audit/perturbations/perturbation.ts";
import { verdictNames } from "../audit/verdict.ts";
import { MotifError, type ErrorCode } from "../motif-error.ts";
import { auditMethods, type AuditDocument, type ModelAudit } from "./audit.ts";
import { groundTruthSchema } from "./result.ts";

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const picture = z
  .string()
  .regex(/^data:image\/png;base64,[A-Za-z0-9+/]+=*$/, "a PNG is expected");

const verdict = z.object({
  verdict: z.enum(verdictNames),
  reason: z.string(),
  rule: z.discriminatedUnion("name", [
    z.object({
      name: z.literal("regression"),
      threshold: z.number(),
      source: z.string(),
    }),
    z.object({
      name: z.literal("anomaly index"),
      threshold: z.number().nullable(),
      classes: count,
    }),
  ]),
  probability: share.nullable(),
  targetClass: count.nullable(),
  perturbation: z.enum(perturbationKinds).nullable(),
  moves: movesSchema.nullable(),
  anomalyIndex: z.number().nullable(),
  pValue: share.nullable(),
});

const documentSchema = z.object({
  schemaVersion: z.literal(1),
  model: z.object({
    name: z.string(),
    sha256: z.string(),
    architecture: z.string().optional(),
    inputShape: z.tuple([count, count, count]),
    numClasses: count,
    cleanAccuracy: share.nullable(),
    cleanAccuracyImages: count,
    groundTruth: groundTruthSchema.nullable(),
  }),
  dataset: z.object({
    name: z.string(),
    digest: z.string(),
    classes: z.array(z.string()),
  }),
  config: z.object({
    method: z.enum(auditMethods),
    seed: count,
    seeds: count,
    isExhaustive: z.boolean(),
    threshold: share,
    evaluateImages: count,
  }),
  backend: z.object({
    name: z.string(),
    provider: z.string(),
    threads: count,
  }),
  verdict,
  peers: z.object({ count, alone: verdict }).optional(),
  statistics: z.array(
    z.object({
      name: z.string(),
      value: z.number().nullable(),
      meaning: z.string(),
    }),
  ),
  evidence: z.array(
    evidenceSchema.extend({
      screened: z.array(
        screenedSchema.extend({ anomalyIndex: z.number().nullable() }),
      ),
      skipped: z.array(count),
      finalists: z.array(
        findingSchema.extend({
          pictures: z
            .object({ finding: picture, original: picture, changed: picture })
            .nullable(),
        }),
      ),
    }),
  ),
  triggerOverlap: share.nullable(),
  cost: z.object({
    imageGradients: count,
    exhaustiveImageGradients: count,
  }),
}) satisfies z.ZodType<AuditDocument>;

const schema = documentSchema.extend({
  timing: z.object({ auditMs: z.number() }),
}) satisfies z.ZodType<ModelAudit>;

/** Without its times. */
export const encodeAuditDocument = (audit: AuditDocument): string =>
  `${JSON.stringify(documentSchema.parse(audit), null, 2)}\n`;

/** @param key what the audit was asked for by, so that it is known again */
export const encodeAudit = (audit: ModelAudit, key: string): string =>
  `${JSON.stringify({ ...schema.parse(audit), key }, null, 2)}\n`;

/** @throws MotifError "storage" naming `source` and the field that is wrong */
export const parseAudit = (text: string, source: string): ModelAudit =>
  parse(schema, text, (what, cause) =>
    refusal("storage", `${source}: ${what}. Remove it and audit again.`, cause),
  );

/** One that a cluster keeps. @throws MotifError "usage" naming `source` and the field that is wrong */
export const parseAuditDocument = (
  text: string,
  source: string,
): AuditDocument =>
  parse(documentSchema, text, (what, cause) =>
    refusal("usage", `${source}: ${what}. Audit the model again.`, cause),
  );

const refusal = (code: ErrorCode, message: string, cause: unknown) =>
  new MotifError(code, message, { cause });

function parse<Audit>(
  expected: z.ZodType<Audit>,
  text: string,
  refuse: (what: string, cause?: unknown) => MotifError,
): Audit {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw refuse("it is not JSON", cause);
  }
  const { success, data, error } = expected.safeParse(json);
  if (success) return data;
  const [issue] = error.issues;
  throw refuse(
    `${issue?.path.map(String).join(".") || "the document"}: ${issue?.message ?? "invalid"}`,
  );
}
