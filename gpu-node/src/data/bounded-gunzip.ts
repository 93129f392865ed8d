/** Unzips as a stream, and stops where a small file would become an enormous one. */
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { MotifError } from "../motif-error.ts";

/**
 * Beyond this ratio a file holds next to nothing, many times over: pictures hardly shrink, the sparsest grey images some
 * twentyfold, a bomb a thousandfold.
 */
const largestRatio = 200;
/** Whatever the ratio, this much does no harm. */
const harmlessBytes = 256 * 2 ** 20;

/** Whether the file begins as gzip files do, whatever its name says. */
export async function isGzip(path: string): Promise<boolean> {
  const start = await readStart(path, 2);
  return start.length === 2 && start[0] === 0x1f && start[1] === 0x8b;
}

/** The first bytes of a file; fewer where it is shorter. */
export async function readStart(
  path: string,
  length: number,
): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const bytes = new Uint8Array(length);
    const { bytesRead } = await file.read(bytes, 0, length, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * The file's bytes, unzipped where it is a gzip file.
 * @throws MotifError "dataset" when it is damaged or a decompression bomb; the signal's reason when aborted
 */
export async function* readUnzipped(
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const source = createReadStream(path, { highWaterMark: 2 ** 18 });
  if (!(await isGzip(path))) {
    for await (const chunk of source) {
      signal?.throwIfAborted();
      yield chunk as Buffer;
    }
    return;
  }
  const limit = Math.max(harmlessBytes, largestRatio * (await stat(path)).size);
  const gunzip = createGunzip({ chunkSize: 2 ** 18 });
  source.on("error", (error) => gunzip.destroy(error));
  source.pipe(gunzip);
  let total = 0;
  try {
    for await (const chunk of gunzip) {
      signal?.throwIfAborted();
      total += (chunk as Buffer).length;
      if (total > limit)
        throw new MotifError(
          "dataset",
          `${path}: it expands more than ${largestRatio} times, as a decompression bomb does. If you trust it, unpack it and name what it held.`,
        );
      yield chunk as Buffer;
    }
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    if (!code.startsWith("Z_")) throw cause;
    throw new MotifError(
      "dataset",
      `${path}: it cannot be unzipped (${(cause as Error).message}). It is damaged or was cut off: fetch it again.`,
      { cause },
    );
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}
