/** Pairs of IDX files: the MNIST family, .gz too. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { mkdtemp, open, readFile, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { MotifError } from "../motif-error.ts";
import type { Dataset, OpenOptions } from "./dataset.ts";
import { parseIdxHeader } from "./idx.ts";
import { openRecords } from "./record-file.ts";

const imagesName = /^(.*?)-?images[-.]idx3[-.]ubyte(\.gz)?$/;
/** A .gz that gives more than this is a decompression bomb, or no data set of pictures for classifiers. */
const largestBytes = 2 ** 40;
const largestRatio = 1100;

/** The images file that `path` means, or null where it means no IDX data set. */
export async function findIdxImages(
  path: string,
  split?: string,
): Promise<string | null> {
  const facts = await stat(path);
  if (!facts.isDirectory())
    return imagesName.test(basename(path)) ? path : null;
  const found = (await readdir(path))
    .filter((name) => imagesName.test(name))
    .sort();
  if (found.length === 0) return null;
  const order =
    split === undefined
      ? ["t10k", "test", "val", "train", ""]
      : split === "test"
        ? ["test", "t10k"]
        : [split];
  const chosen = order.flatMap((prefix) =>
    found.filter((name) => imagesName.exec(name)![1] === prefix),
  )[0];
  if (!chosen)
    throw new MotifError(
      "dataset",
      `${path}: no split ${split ?? ""} among ${found.join(", ")}. Name another --split.`,
    );
  return join(path, chosen);
}

/** @throws MotifError "dataset" when images and labels are damaged, do not fit together or do not fit the model */
export async function openIdx(
  imagesPath: string,
  options: OpenOptions,
): Promise<Dataset> {
  const labelsPath = [false, true]
    .map(
      (isZipped) =>
        join(
          dirname(imagesPath),
          basename(imagesPath)
            .replace("images", "labels")
            .replace("idx3", "idx1")
            .replace(/\.gz$/, ""),
        ) + (isZipped ? ".gz" : ""),
    )
    .find((path) => existsSync(path));
  if (!labelsPath)
    throw new MotifError(
      "dataset",
      `${imagesPath}: its labels file is missing beside it.`,
    );
  const scratch = await mkdtemp(
    join(options.cacheDir ?? tmpdir(), "motif-idx-"),
  );
  const close = () => rm(scratch, { recursive: true, force: true });
  try {
    const plainImages = await gunzipTo(
      imagesPath,
      join(scratch, "images"),
      options.signal,
    );
    const plainLabels = await gunzipTo(
      labelsPath,
      join(scratch, "labels"),
      options.signal,
    );
    const header = await readHeader(plainImages, imagesPath, 3);
    const labelHeader = await readHeader(plainLabels, labelsPath, 1);
    const [n, height, width] = header.dimensions as [number, number, number];
    if (labelHeader.dimensions[0] !== n) {
      throw new MotifError(
        "dataset",
        `${imagesPath} has ${n} images, ${labelsPath} ${labelHeader.dimensions[0]} labels. They do not belong together.`,
      );
    }
    const [channels, wantedHeight, wantedWidth] = options.imageShape;
    if (height !== wantedHeight || width !== wantedWidth) {
      throw new MotifError(
        "dataset",
        `${imagesPath}: images of ${height}×${width}, the model takes ${wantedHeight}×${wantedWidth}.`,
      );
    }
    const labels = Uint16Array.from(
      (await readFile(plainLabels)).subarray(
        labelHeader.dataOffset,
        labelHeader.dataOffset + n,
      ),
    );
    const numClasses =
      labels.reduce((most, label) => Math.max(most, label), 0) + 1;
    if (numClasses < 2)
      throw new MotifError(
        "dataset",
        `${labelsPath}: only one class. A search needs images of other classes.`,
      );
    const records = await openRecords(
      plainImages,
      header.dataOffset,
      height * width,
    );
    const grey = channels === 1 ? null : { bytes: new Uint8Array(0) };
    return {
      name:
        basename(imagesPath).replace(/-?images.*$/, "") ||
        basename(dirname(imagesPath)),
      classes: Array.from({ length: numClasses }, (_, index) => String(index)),
      imageShape: options.imageShape,
      labels,
      digest: await digestFiles([imagesPath, labelsPath]),
      async read(indices, into) {
        if (!grey) return records.read(indices, into);
        const pixels = height * width;
        if (grey.bytes.length < indices.length * pixels)
          grey.bytes = new Uint8Array(indices.length * pixels);
        await records.read(indices, grey.bytes);
        for (let i = 0; i < indices.length; i++) {
          const one = grey.bytes.subarray(i * pixels, (i + 1) * pixels);
          for (let channel = 0; channel < channels; channel++)
            into.set(one, (i * channels + channel) * pixels);
        }
      },
      async close() {
        await records.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function readHeader(path: string, name: string, rank: number) {
  const file = await open(path, "r");
  try {
    const bytes = new Uint8Array(20);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    const header = parseIdxHeader(bytes.subarray(0, bytesRead), name);
    if (header.dimensions.length !== rank)
      throw new MotifError(
        "dataset",
        `${name}: ${header.dimensions.length} dimensions, ${rank} are expected.`,
      );
    const { size } = await file.stat();
    if (size < header.dataOffset + header.dataLength) {
      throw new MotifError(
        "dataset",
        `${name}: ${size} bytes, its header promises ${header.dataOffset + header.dataLength}. It was cut off: fetch it again.`,
      );
    }
    return header;
  } finally {
    await file.close();
  }
}

/** The file itself where it is not zipped, else its content in `to`. */
async function gunzipTo(
  path: string,
  to: string,
  signal?: AbortSignal,
): Promise<string> {
  if (!path.endsWith(".gz")) return path;
  const limit = Math.min(largestBytes, largestRatio * (await stat(path)).size);
  let total = 0;
  const guard = new Transform({
    transform(chunk: Buffer, _, done) {
      total += chunk.length;
      if (total > limit)
        done(
          new MotifError(
            "dataset",
            `${path}: it expands more than ${largestRatio} times: a decompression bomb, refused.`,
          ),
        );
      else done(null, chunk);
    },
  });
  try {
    await pipeline(
      createReadStream(path),
      createGunzip(),
      guard,
      createWriteStream(to),
      { signal },
    );
  } catch (cause) {
    if (cause instanceof MotifError || signal?.aborted) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOSPC")
      throw new MotifError(
        "storage",
        `${to}: the disk is full. Free some space, or name another --cache.`,
        { cause },
      );
    throw new MotifError(
      "dataset",
      `${path}: it cannot be unzipped (${(cause as Error).message}). Fetch it again.`,
      { cause },
    );
  }
  return to;
}

async function digestFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths)
    for await (const chunk of createReadStream(path))
      hash.update(chunk as Buffer);
  return hash.digest("hex");
}
