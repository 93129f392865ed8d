/** Pairs of IDX files, the MNIST family's: read where they lie, or unzipped and fitted to the model first. */
import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { MotifError } from "../motif-error.ts";
import { isGzip, readUnzipped } from "./bounded-gunzip.ts";
import type { Dataset, OpenOptions } from "./dataset.ts";
import {
  openDecoded,
  type DecodePlan,
  type KeepImages,
} from "./decoded-dataset.ts";
import { findIdxLabels } from "./idx-files.ts";
import { parseIdxHeader, type IdxHeader } from "./idx.ts";
import { bringToShape, type ImageShape } from "./picture.ts";
import { cutIntoRecords, readRecords } from "./record-file.ts";
import { isSplitName } from "./split-names.ts";

/** Longest header: four dimensions. */
const headerBytes = 20;
/** Labels are kept in memory: 2 bytes each. */
const mostImages = 2 ** 28;

interface IdxFile {
  readonly path: string;
  readonly header: IdxHeader;
}

/** @throws MotifError "dataset" when images and labels are damaged or do not fit together */
export async function openIdx(
  imagesPath: string,
  options: OpenOptions,
): Promise<Dataset> {
  const { imageShape } = options;
  const labelsPath = findIdxLabels(imagesPath);
  const images = await readHeader(imagesPath, 3);
  const labels = await readHeader(labelsPath, 1);
  const [n, height, width] = images.header.dimensions;
  if (labels.header.dimensions[0] !== n)
    throw new MotifError(
      "dataset",
      `${imagesPath} has ${n} images, ${labelsPath} ${labels.header.dimensions[0]} labels. They do not belong together: fetch them again.`,
    );
  if (n > mostImages)
    throw new MotifError(
      "dataset",
      `${imagesPath}: ${n} images, Motif takes at most ${mostImages}. Cut it into parts.`,
    );
  const prefix = basename(imagesPath).replace(/[-_.]?images.*$/, "");
  const isOnlySplit = prefix === "" || prefix === "t10k" || isSplitName(prefix);
  const name = isOnlySplit ? basename(dirname(imagesPath)) : prefix;
  const isReadable =
    height === imageShape[1] &&
    width === imageShape[2] &&
    !(await isGzip(imagesPath));
  if (isReadable) return openInPlace(name, images, labels, options);
  return openDecoded(
    {
      path: imagesPath,
      name,
      identity: await identify([imagesPath, labelsPath]),
      plan: async () => planIdx(images, labels, options),
    },
    options,
  );
}

/** Nothing is copied; grey is spread over the model's channels while it is read. */
async function openInPlace(
  name: string,
  images: IdxFile,
  labelsFile: IdxFile,
  options: OpenOptions,
): Promise<Dataset> {
  const { imageShape, onProgress } = options;
  const [n, height, width] = images.header.dimensions;
  const pixels = height * width;
  const [channels] = imageShape;
  const digest = createHash("sha256");
  let hashed = 0;
  let reported = 0;
  for await (const chunk of readValues(images, options.signal)) {
    digest.update(chunk);
    hashed += chunk.length;
    const done = Math.floor(hashed / pixels);
    if (done - reported < 10_000 && done < n) continue;
    reported = done;
    onProgress?.(done, n);
  }
  const { labels, classes } = await readLabels(labelsFile, options);
  const file = await open(images.path, "r");
  const records = {
    file,
    place: images.path,
    offset: images.header.dataOffset,
    recordBytes: pixels,
    count: n,
  };
  return {
    name,
    classes,
    imageShape,
    labels,
    digest: combine(digest.digest(), images.header, labels),
    async read(indices, into) {
      // Into the end of the room, then spread from the front: no plane is overwritten before it has been copied.
      const count = indices.length;
      const room = into.subarray(0, count * channels * pixels);
      const start = count * (channels - 1);
      await readRecords(records, indices, room.subarray(start * pixels));
      if (channels === 1) return;
      for (let i = 0; i < count; i++)
        for (let c = 0; c < channels; c++)
          room.copyWithin(
            (i * channels + c) * pixels,
            (start + i) * pixels,
            (start + i + 1) * pixels,
          );
    },
    close: () => file.close(),
  };
}

function planIdx(
  images: IdxFile,
  labelsFile: IdxFile,
  options: OpenOptions,
): DecodePlan {
  return {
    count: images.header.dimensions[0],
    async decode(keep) {
      const { labels, classes } = await readLabels(labelsFile, options);
      const digest = await decodeImages(images, options, keep);
      return {
        labels,
        classes,
        digest: combine(digest, images.header, labels),
      };
    },
  };
}

/** @returns the SHA-256 of the pixels as they were */
async function decodeImages(
  images: IdxFile,
  { imageShape, signal, onProgress }: OpenOptions,
  keep: KeepImages,
): Promise<Buffer> {
  const [n, height, width] = images.header.dimensions;
  const from: ImageShape = [1, height, width];
  const stride = height * width;
  const hash = createHash("sha256");
  let done = 0;
  const blocks = cutIntoRecords(
    readValues(images, signal),
    stride,
    images.path,
  );
  for await (const block of blocks) {
    hash.update(block);
    const fitted: Uint8Array[] = [];
    for (let at = 0; at < block.length; at += stride) {
      signal?.throwIfAborted();
      const image = block.subarray(at, at + stride);
      fitted.push(await bringToShape(image, from, imageShape, images.path));
    }
    await keep(done, Buffer.concat(fitted));
    done += fitted.length;
    onProgress?.(done, n);
  }
  return hash.digest();
}

async function readLabels(
  file: IdxFile,
  { signal, numClasses }: OpenOptions,
): Promise<{ labels: Uint16Array; classes: string[] }> {
  const labels = new Uint16Array(file.header.dataLength);
  let filled = 0;
  for await (const chunk of readValues(file, signal)) {
    labels.set(chunk, filled);
    filled += chunk.length;
  }
  const largest = labels.reduce((most, label) => Math.max(most, label), 0);
  if (numClasses !== undefined && largest >= numClasses)
    throw new MotifError(
      "dataset",
      `${file.path}: image ${labels.indexOf(largest)} has label ${largest}, the model has the classes 0 to ${numClasses - 1}. Use the data set the model was trained for.`,
    );
  if (labels.every((label) => label === labels[0]))
    throw new MotifError(
      "dataset",
      `${file.path}: only one class, ${labels[0]}. A search needs images of other classes.`,
    );
  return {
    labels,
    classes: Array.from({ length: largest + 1 }, (_, i) => String(i)),
  };
}

/** The same whether the files were zipped or not. */
function combine(
  pixels: Buffer,
  { dimensions }: IdxHeader,
  labels: Uint16Array,
): string {
  return createHash("sha256")
    .update(dimensions.join("×"))
    .update(pixels)
    .update(Uint8Array.from(labels))
    .digest("hex");
}

async function readHeader(path: string, rank: number): Promise<IdxFile> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of readUnzipped(path)) {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length >= headerBytes) break;
  }
  const header = parseIdxHeader(bytes.subarray(0, headerBytes), path);
  if (header.dimensions.length !== rank)
    throw new MotifError(
      "dataset",
      `${path}: ${header.dimensions.length} dimensions, ${rank} are expected. Is it the right file?`,
    );
  if (!(await isGzip(path))) {
    const { size } = await stat(path);
    checkLength(path, size, header);
  }
  return { path, header };
}

/** The bytes after the header, exactly as many as it promises. */
async function* readValues(
  { path, header }: IdxFile,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const expected = header.dataOffset + header.dataLength;
  let total = 0;
  for await (const chunk of readUnzipped(path, signal)) {
    const skipped = Math.max(0, header.dataOffset - total);
    total += chunk.length;
    if (total > expected) checkLength(path, total, header);
    if (chunk.length > skipped) yield chunk.subarray(skipped);
  }
  checkLength(path, total, header);
}

function checkLength(path: string, size: number, header: IdxHeader): void {
  const expected = header.dataOffset + header.dataLength;
  if (size < expected)
    throw new MotifError(
      "dataset",
      `${path}: ${size} bytes, its header promises ${expected}. It was cut off: fetch it again.`,
    );
  if (size > expected)
    throw new MotifError(
      "dataset",
      `${path}: more than the ${expected} bytes that its header promises. It is damaged: fetch it again.`,
    );
}

async function identify(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) {
    const facts = await stat(path, { bigint: true });
    const { size, mtimeNs, ctimeNs, ino, dev } = facts;
    hash.update([path, size, mtimeNs, ctimeNs, ino, dev, ""].join("\0"));
  }
  return hash.digest("hex");
}
