/** Images of one size, one after another in a file: what every format is read from in the end. */
import type { FileHandle } from "node:fs/promises";
import { MotifError } from "../motif-error.ts";

export interface RecordFile {
  readonly file: FileHandle;
  /** What to call the file in errors. */
  readonly place: string;
  /** Where the first record begins, in bytes. */
  readonly offset: number;
  readonly recordBytes: number;
  readonly count: number;
}

/** Reads under way at a time: enough to hide a disk's latency. */
const concurrency = 8;

/**
 * Reads records in the order asked; runs of neighbours in one go.
 * @param into uint8 [indices.length, recordBytes]
 * @throws MotifError "dataset" when the file has become shorter than it was
 */
export async function readRecords(
  { file, place, offset, recordBytes, count }: RecordFile,
  indices: ArrayLike<number>,
  into: Uint8Array,
): Promise<void> {
  if (into.length < indices.length * recordBytes)
    throw new RangeError(
      `${indices.length} images of ${recordBytes} bytes do not fit into ${into.length} bytes`,
    );
  let next = 0;
  const readRuns = async () => {
    while (next < indices.length) {
      const first = next;
      const index = indices[first];
      if (!Number.isInteger(index) || index < 0 || index >= count)
        throw new RangeError(`${place}: image ${index} of ${count}`);
      let past = first + 1;
      while (past < indices.length && indices[past] === indices[past - 1] + 1)
        past++;
      next = past;
      await readFully(
        file,
        into.subarray(first * recordBytes, past * recordBytes),
        offset + index * recordBytes,
        place,
      );
    }
  };
  await Promise.all(
    Array.from({ length: Math.min(concurrency, indices.length) }, readRuns),
  );
}

/** One read gives at most 2 GiB, and may give less than asked: read until the buffer is full. */
export async function readFully(
  file: FileHandle,
  into: Uint8Array,
  position: number,
  place: string,
): Promise<void> {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await file.read(
      into,
      done,
      Math.min(into.length - done, 2 ** 30),
      position + done,
    );
    if (bytesRead === 0)
      throw new MotifError(
        "dataset",
        `${place}: it ends at byte ${position + done}, sooner than when it was opened. Was it changed meanwhile? Run again.`,
      );
    done += bytesRead;
  }
}

/** About as much is handed on at a time: a call an image would cost more than the image. */
const blockBytes = 2 ** 20;

/**
 * Cuts a stream of bytes into blocks of whole records, the caller's to keep.
 * @throws MotifError "dataset" when the stream ends within a record
 */
export async function* cutIntoRecords(
  chunks: AsyncIterable<Uint8Array>,
  recordBytes: number,
  place: string,
): AsyncGenerator<Uint8Array> {
  const size = Math.max(1, Math.floor(blockBytes / recordBytes)) * recordBytes;
  let block = new Uint8Array(size);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length;) {
      const taken = Math.min(size - filled, chunk.length - start);
      block.set(chunk.subarray(start, start + taken), filled);
      filled += taken;
      start += taken;
      if (filled === size) {
        yield block;
        block = new Uint8Array(size);
        filled = 0;
      }
    }
  }
  if (filled % recordBytes !== 0)
    throw new MotifError(
      "dataset",
      `${place}: it ends within an image. It was cut off: fetch it again.`,
    );
  if (filled > 0) yield block.subarray(0, filled);
}
