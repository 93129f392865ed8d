/** The parts of an unfinished audit, as a file: what an interrupted one goes on after. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { evidenceSchema } from "../audit/evidence-schema.ts";
import type { FoundEvidence } from "../audit/evidence.ts";

const part: z.ZodType<FoundEvidence> = evidenceSchema.extend({
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
    const json: unknown = JSON.parse(await readFile(path, "utf8"));
    const { data } = schema.safeParse(json);
    // As they were written: the parsed ones have their fields in another order, and documents other bytes.
    return data?.key === key ? (json as typeof data).parts : undefined;
  } catch {
    return undefined;
  }
}
