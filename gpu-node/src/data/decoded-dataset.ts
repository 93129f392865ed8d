/** A data set whose images are decoded into a file first: taken from the cache where one was named and has it. */
import { createHash } from "node:crypto";
import { mkdir, open, rm, type FileHandle } from "node:fs/promises";
import { MotifError } from "../motif-error.ts";
import type { Dataset, OpenOptions } from "./dataset.ts";
import {
  cachePath,
  openCacheEntry,
  publishCacheEntry,
  sweepCache,
  type DecodedFacts,
} from "./decoded-cache.ts";
import { explainIoError, isDiskFull } from "./io-error.ts";
import { readRecords } from "./record-file.ts";
import { checkRoom, openScratchFile, partialName } from "./scratch-file.ts";

/** Keeps the images from `index` on: uint8 [n, C, H, W]. */
export type KeepImages = (index: number, pixels: Uint8Array) => Promise<void>;

/** What is to be decoded, checked as far as it can be beforehand. */
export interface DecodePlan {
  readonly count: number;
  decode(keep: KeepImages): Promise<DecodedFacts>;
}

export interface DecodedSource {
  readonly path: string;
  readonly name: string;
  /** Differs whenever the source's content may have changed. */
  readonly identity: string;
  plan(): Promise<DecodePlan>;
}

/** Goes up when the same source would decode to other bytes. */
const decoderVersion = 1;

/** @throws MotifError "dataset" what is wrong with the source; "storage" when there is no place for the images */
export async function openDecoded(
  source: DecodedSource,
  options: OpenOptions,
): Promise<Dataset> {
  const { imageShape, cacheDir, signal } = options;
  const recordBytes = imageShape.reduce((product, size) => product * size, 1);
  const toDataset = (file: FileHandle, facts: DecodedFacts): Dataset => ({
    name: source.name,
    imageShape,
    classes: facts.classes,
    labels: facts.labels,
    digest: facts.digest,
    read: (indices, into) =>
      readRecords(
        {
          file,
          place: source.path,
          offset: 0,
          recordBytes,
          count: facts.labels.length,
        },
        indices,
        into,
      ),
    close: () => file.close(),
  });
  if (cacheDir === undefined) {
    const plan = await source.plan();
    const file = await openScratchFile(plan.count * recordBytes);
    return decodeInto(file, plan, recordBytes, toDataset);
  }
  const path = cachePath(cacheDir, cacheKey(source, options));
  try {
    await mkdir(cacheDir, { recursive: true });
    await sweepCache(cacheDir);
    const entry = await openCacheEntry(path, recordBytes, signal);
    if (entry) return toDataset(entry.file, entry);
  } catch (cause) {
    throw explainIoError(cacheDir, cause, "storage");
  }
  const plan = await source.plan();
  await checkRoom(cacheDir, plan.count * recordBytes);
  const partial = partialName(path);
  try {
    const file = await open(partial, "wx+");
    return await decodeInto(file, plan, recordBytes, toDataset, (facts) =>
      publishCacheEntry(file, partial, path, facts, recordBytes, signal),
    );
  } catch (cause) {
    throw explainIoError(cacheDir, cause, "storage");
  } finally {
    await rm(partial, { force: true }); // Has its final name where all went well.
  }
}

async function decodeInto(
  file: FileHandle,
  plan: DecodePlan,
  recordBytes: number,
  toDataset: (file: FileHandle, facts: DecodedFacts) => Dataset,
  publish?: (facts: DecodedFacts) => Promise<void>,
): Promise<Dataset> {
  try {
    const facts = await plan.decode((index, pixels) =>
      writeRecord(file, index * recordBytes, pixels),
    );
    await publish?.(facts);
    return toDataset(file, facts);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function writeRecord(
  file: FileHandle,
  position: number,
  pixels: Uint8Array,
): Promise<void> {
  try {
    const { bytesWritten } = await file.write(
      pixels,
      0,
      pixels.length,
      position,
    );
    if (bytesWritten === pixels.length) return;
  } catch (cause) {
    if (!isDiskFull(cause)) throw cause;
    throw explainIoError("the folder for decoded images", cause, "storage");
  }
  throw new MotifError(
    "storage",
    "the folder for decoded images: the disk is full. Free some space, or name another --cache.",
  );
}

function cacheKey(source: DecodedSource, options: OpenOptions): string {
  return createHash("sha256")
    .update(
      JSON.stringify([
        decoderVersion,
        source.identity,
        options.imageShape,
        options.split ?? null,
      ]),
    )
    .digest("hex")
    .slice(0, 40);
}
