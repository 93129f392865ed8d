/**
 * Decoded data sets that are kept between runs: a file each, named by a key that holds what the content depends on.
 *
 *     records           uint8 [n, C, H, W]
 *     labels            uint16, little-endian [n]
 *     facts             JSON: classes, digest, n
 *     footer, 48 bytes  "MOTIFIMG", length of the facts (uint64), SHA-256 of all before the footer
 *
 * A file appears under its name only when it is complete and on disk, so that any number of processes can share a cache;
 * two that decode the same write the same bytes, and the later one takes the name. What is damaged is made anew.
 */
import { createHash } from "node:crypto";
import {
  open,
  readdir,
  rename,
  rm,
  unlink,
  type FileHandle,
} from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readFully } from "./record-file.ts";
import { isAbandoned } from "./scratch-file.ts";

/** What is known of decoded images beside their pixels. */
export interface DecodedFacts {
  readonly classes: readonly string[];
  /** One an image. */
  readonly labels: Uint16Array;
  /** SHA-256 of the content, hexadecimal. */
  readonly digest: string;
}

const magic = "MOTIFIMG";
const footerBytes = 48;
const mostFactsBytes = 2 ** 30;
const factsSchema = z.object({
  n: z.number().int().positive(),
  classes: z.array(z.string()),
  digest: z.string(),
});

export const cachePath = (folder: string, key: string) =>
  join(folder, `${key}.images`);

/** An entry that is there and whole, or null. The caller closes its file. */
export async function openCacheEntry(
  path: string,
  recordBytes: number,
  signal?: AbortSignal,
): Promise<(DecodedFacts & { readonly file: FileHandle }) | null> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    const facts = await readEntry(file, path, recordBytes, signal);
    if (facts) return { ...facts, file };
    await file.close();
    await rm(path, { force: true });
    return null;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readEntry(
  file: FileHandle,
  path: string,
  recordBytes: number,
  signal: AbortSignal | undefined,
): Promise<DecodedFacts | null> {
  const { size } = await file.stat();
  if (size < footerBytes) return null;
  const footer = Buffer.alloc(footerBytes);
  await readFully(file, footer, size - footerBytes, path);
  const factsBytes = Number(footer.readBigUInt64LE(8));
  if (footer.toString("latin1", 0, 8) !== magic || factsBytes > mostFactsBytes)
    return null;
  const hashed = await hashFile(file, size - footerBytes, path, signal);
  if (!hashed.equals(footer.subarray(16))) return null;
  const json = Buffer.alloc(factsBytes);
  await readFully(file, json, size - footerBytes - factsBytes, path);
  const facts = factsSchema.parse(JSON.parse(json.toString("utf8")));
  if (size !== facts.n * (recordBytes + 2) + factsBytes + footerBytes)
    return null;
  const bytes = Buffer.alloc(facts.n * 2);
  await readFully(file, bytes, facts.n * recordBytes, path);
  const labels = Uint16Array.from({ length: facts.n }, (_, i) =>
    bytes.readUInt16LE(2 * i),
  );
  return { classes: facts.classes, digest: facts.digest, labels };
}

/**
 * Completes `file`, which holds the records, and gives it its name.
 * @param partial the file's name so far
 */
export async function publishCacheEntry(
  file: FileHandle,
  partial: string,
  path: string,
  { classes, labels, digest }: DecodedFacts,
  recordBytes: number,
  signal?: AbortSignal,
): Promise<void> {
  const n = labels.length;
  const tail = Buffer.alloc(2 * n);
  labels.forEach((label, i) => tail.writeUInt16LE(label, 2 * i));
  const facts = Buffer.from(JSON.stringify({ n, classes, digest }));
  const end = n * recordBytes + tail.length + facts.length;
  await file.write(tail, 0, tail.length, n * recordBytes);
  await file.write(facts, 0, facts.length, end - facts.length);
  const footer = Buffer.alloc(footerBytes);
  footer.write(magic, "latin1");
  footer.writeBigUInt64LE(BigInt(facts.length), 8);
  (await hashFile(file, end, partial, signal)).copy(footer, 16);
  await file.write(footer, 0, footerBytes, end);
  await file.sync();
  await rename(partial, path);
}

/** Removes what crashed processes left. */
export async function sweepCache(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (isAbandoned(name))
      await unlink(join(folder, name)).catch(() => undefined); // Another process may be sweeping as well.
}

async function hashFile(
  file: FileHandle,
  length: number,
  place: string,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const hash = createHash("sha256");
  const chunk = Buffer.alloc(Math.min(length, 2 ** 20));
  for (let position = 0; position < length; position += chunk.length) {
    signal?.throwIfAborted();
    const piece = chunk.subarray(0, Math.min(chunk.length, length - position));
    await readFully(file, piece, position, place);
    hash.update(piece);
  }
  return hash.digest();
}
