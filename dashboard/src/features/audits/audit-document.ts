/** The evidence of an audit: `audit.json`, an artifact that a node has written. What is drawn of it is looked at first; more may be there. */
import * as z from "zod/mini";

// Checks that are compiled as they run would break the pages' policy of scripts.
z.config({ jitless: true });

const count = z.int().check(z.minimum(0));
const share = z.number().check(z.minimum(0), z.maximum(1));
const shares = z.tuple([share, share]);
const picture = z
  .string()
  .check(z.regex(/^data:image\/png;base64,[A-Za-z0-9+/]+=*$/));
const moves = z.array(z.object({ from: count, to: count, share }));

const answer = {
  seed: count,
  n: count,
  baseRate: share,
  /** Share of the images that end where the question wants them, by strength. */
  curve: z
    .array(z.object({ strength: z.number(), power: share, wilson95: shares }))
    .check(z.minLength(1)),
  /** Natural logarithm of what it needs: the mean over images. */
  logStrength: z.number(),
  strengthAtThreshold: z.nullable(z.number()),
};
const evidence = z.object({
  perturbation: z.string(),
  unit: z.string(),
  /** Asked for any class but an image's own. */
  anyOther: z.array(z.object(answer)),
  screened: z
    .array(
      z.object({
        ...answer,
        targetClass: count,
        anomalyIndex: z.nullable(z.number()),
      }),
    )
    .check(z.minLength(1)),
  /** Classes that were not asked about. */
  skipped: z.array(count),
  /** Searched at length; a class as often as it has starts. */
  finalists: z.array(
    z.object({
      ...answer,
      targetClass: count,
      bySource: z.array(
        z.object({ sourceClass: count, power: share, n: count }),
      ),
      pictures: z.nullable(
        z.object({ finding: picture, original: picture, changed: picture }),
      ),
    }),
  ),
});

const document = z.object({
  schemaVersion: z.literal(1),
  model: z.object({
    inputShape: z.tuple([count, count, count]),
    numClasses: count,
    sha256: z.string(),
    /** Stated by the manifest, never used. */
    groundTruth: z.nullable(
      z.object({
        status: z.enum(["clean", "poisoned"]),
        targetClass: z.optional(z.nullable(count)),
      }),
    ),
  }),
  dataset: z.object({ digest: z.string(), classes: z.array(z.string()) }),
  config: z.object({
    method: z.string(),
    seed: count,
    seeds: count,
    isExhaustive: z.boolean(),
    threshold: share,
    evaluateImages: count,
  }),
  backend: z.object({ name: z.string(), provider: z.string() }),
  verdict: z.object({
    verdict: z.string(),
    rule: z.discriminatedUnion("name", [
      z.object({
        name: z.literal("regression"),
        /** Suspected from this probability on. */
        threshold: share,
        source: z.string(),
      }),
      z.object({
        name: z.literal("anomaly index"),
        threshold: z.nullable(z.number()),
        classes: count,
      }),
    ]),
    targetClass: z.nullable(count),
    perturbation: z.nullable(z.string()),
    moves: z.nullable(moves),
  }),
  /** Where it was compared with other models of its collection. */
  peers: z.optional(
    z.object({
      /** Others of the same architecture. */
      count,
      /** What is said without them. */
      alone: z.object({
        verdict: z.string(),
        probability: z.nullable(share),
      }),
    }),
  ),
  statistics: z.array(
    z.object({
      name: z.string(),
      value: z.nullable(z.number()),
      meaning: z.string(),
    }),
  ),
  evidence: z.array(evidence),
  triggerOverlap: z.nullable(share),
});

export type AuditDocument = z.infer<typeof document>;
export type KindEvidence = z.infer<typeof evidence>;
export type Finding = KindEvidence["finalists"][number];

/** Of an image model of a thousand classes a document has a few of them. */
const mostBytes = 64 * 1024 * 1024;

/** @throws Error that says which part is not as expected */
export function parseAuditDocument(json: unknown): AuditDocument {
  const { success, data, error } = document.safeParse(json);
  if (success) return data;
  const place = error.issues[0]?.path.map(String).join(".");
  throw new Error(
    `The evidence is not as this page knows it, at “${place || "its start"}”. The file itself can still be had; audit the model again for one of this version.`,
  );
}

/** @throws Error where it is gone, too large or not as expected */
export async function loadAuditDocument(
  { sha256, bytes }: { readonly sha256: string; readonly bytes: number },
  signal: AbortSignal,
): Promise<AuditDocument> {
  if (bytes > mostBytes)
    throw new Error(
      `The evidence has ${bytes} bytes, more than a page can draw. The file itself can be had.`,
    );
  const response = await fetch(`/api/artifacts/${sha256}`, { signal });
  if (!response.ok)
    throw new Error(
      `The evidence is not in the store (any more) (${sha256.slice(0, 12)}…). Audit the model again.`,
    );
  return parseAuditDocument(await response.json());
}
