/** `audits.json`: the models of a collection's audit, in the order asked for, each with its folder or why there is none. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { MotifError } from "../motif-error.ts";
import { writeFileAtomically } from "./atomic-file.ts";
import type { OverviewEntry } from "./html/audit-overview.ts";
import { parseAudit } from "./parse-audit.ts";

export const auditIndexName = "audits.json";

const schema = z.object({
  schemaVersion: z.literal(1),
  models: z.array(
    z.union([
      z.object({
        folder: z
          .string()
          .regex(/^[\w-][\w.-]*$/, "a folder's plain name is expected"),
      }),
      z.object({ path: z.string(), refusal: z.string() }),
    ]),
  ),
});

/** @throws MotifError "storage" when it cannot be written */
export async function writeAuditIndex(
  directory: string,
  entries: readonly OverviewEntry[],
): Promise<void> {
  const index: z.infer<typeof schema> = {
    schemaVersion: 1,
    models: entries.map((entry) =>
      "refusal" in entry
        ? { path: entry.path, refusal: entry.refusal }
        : { folder: entry.folder },
    ),
  };
  await writeFileAtomically(
    join(directory, auditIndexName),
    `${JSON.stringify(index, null, 2)}\n`,
  );
}

/** @throws MotifError "storage" naming the file, and the field that is wrong */
export async function readAuditIndex(
  directory: string,
): Promise<OverviewEntry[]> {
  const path = join(directory, auditIndexName);
  const { success, data, error } = schema.safeParse(await readJson(path));
  if (!success)
    throw new MotifError(
      "storage",
      `${path}: ${error.issues[0]?.path.map(String).join(".") || "the document"}: ${error.issues[0]?.message ?? "invalid"}. Export or audit again.`,
    );
  const entries: OverviewEntry[] = [];
  for (const entry of data.models) {
    if ("refusal" in entry) {
      entries.push(entry);
      continue;
    }
    const auditPath = join(directory, entry.folder, "audit.json");
    const audit = parseAudit(await readText(auditPath), auditPath);
    entries.push({ folder: entry.folder, audit });
  }
  return entries;
}

async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MotifError(
      "storage",
      `${path}: it is not JSON. Export or audit again.`,
      { cause },
    );
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new MotifError(
      "storage",
      `${path}: it cannot be read (${(cause as Error).message}). Export or audit again.`,
      { cause },
    );
  }
}
