/** The parts of an unfinished audit, as a file that nodes hand over. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { FoundEvidence } from "../audit/evidence.ts";
import { perturbationKinds } from "../audit/perturbations/perturbation.ts";

const index = z.int().min(0);
const share = z.number().min(0).max(1);
const answer = {
  seed: index,
  steps: index,
  imageGradients: index,
  crossEntropy: z.number(),
  n: index,
  baseRate: share,
  curve: z.array(
    z.object({
      strength: z.number(),
      power: share,
      wilson95: z.tuple([share, share]),
    }),
  ),
  logStrength: z.number(),
  strengthAtThreshold: z.number().nullable(),
};
const screened = {
  ...answer,
  targetClass: index,
  maskL1: z.number().nullable(),
};
const part: z.ZodType<FoundEvidence> = z.object({
  perturbation: z.enum(perturbationKinds),
  unit: z.enum(["pixels", "share", "amplitude", "shift"]),
  anyOther: z.array(
    z.object({
      ...answer,
      targetClass: z.null(),
      atStrength: z.number(),
      moves: z.array(z.object({ from: index, to: index, share })),
    }),
  ),
  screened: z.array(z.object(screened)),
  finalists: z.array(
    z.object({
      ...screened,
      bySource: z.array(
        z.object({ sourceClass: index, power: share, n: index }),
      ),
      topPixels: z.array(index),
    }),
  ),
  found: z.array(z.array(z.string())),
});
const schema = z.object({
  /** Everything that the audit's bytes depend on. */
  key: z.string(),
  parts: z.array(part),
});

export const encodeParts = (
  key: string,
  parts: readonly FoundEvidence[],
): string => JSON.stringify({ key, parts });

/**
 * @param path undefined: there is none
 * @returns undefined when there is none, or of another audit: better to begin anew than never to be done
 */
export async function readParts(
  path: string | undefined,
  key: string,
): Promise<readonly FoundEvidence[] | undefined> {
  if (path === undefined) return undefined;
  try {
    const { data } = schema.safeParse(JSON.parse(await readFile(path, "utf8")));
    return data?.key === key ? data.parts : undefined;
  } catch {
    return undefined;
  }
}
