/** What a file is called as an artifact. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** @throws the system's error when it cannot be read */
export async function describeFile(
  path: string,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.byteLength;
  }
  return { sha256: hash.digest("hex"), bytes };
}
