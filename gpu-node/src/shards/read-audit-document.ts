/** The document that an audit left, as a shard is given it: a file from elsewhere, bounded and held against its schema. */
import { readFile, stat } from "node:fs/promises";
import { MotifError } from "../motif-error.ts";
import type { AuditDocument } from "../report/audit.ts";
import { parseAuditDocument } from "../report/parse-audit.ts";

/** Of an image model of a thousand classes a document has a few of them. */
const mostBytes = 64 * 1024 * 1024;

/**
 * @param source what errors call it
 * @returns the document and the length of its file, bytes
 * @throws MotifError "usage" naming `source` for a file that is too large or no document, "storage" for one that cannot be read
 */
export async function readAuditDocument(
  path: string,
  source: string,
): Promise<{ readonly document: AuditDocument; readonly bytes: number }> {
  const { text, bytes } = await readBounded(path, source);
  return { document: parseAuditDocument(text, source), bytes };
}

async function readBounded(path: string, source: string) {
  try {
    const { size: bytes } = await stat(path);
    if (bytes > mostBytes)
      throw new MotifError(
        "usage",
        `${source} has ${bytes} bytes, ${mostBytes} is the most that is read. Leave the model out.`,
      );
    return { text: await readFile(path, "utf8"), bytes };
  } catch (cause) {
    if (cause instanceof MotifError) throw cause;
    throw new MotifError(
      "storage",
      `${source} cannot be read (${(cause as Error).message}).`,
      { cause },
    );
  }
}
