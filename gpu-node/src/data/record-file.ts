/** Images of one size, one after another in a file: what every format is read from in the end. */
import { open, type FileHandle } from "node:fs/promises";
import { MotifError } from "../motif-error.ts";

/** @param path uint8 records of `recordBytes` bytes from `offset` on */
export async function openRecords(
  path: string,
  offset: number,
  recordBytes: number,
) {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (cause) {
    throw new MotifError(
      "dataset",
      `${path}: it cannot be opened (${(cause as Error).message}).`,
      { cause },
    );
  }
  return {
    /** Reads records in the order asked; runs of neighbours in one go. */
    async read(indices: ArrayLike<number>, into: Uint8Array): Promise<void> {
      for (let i = 0; i < indices.length;) {
        let past = i + 1;
        while (past < indices.length && indices[past] === indices[past - 1] + 1)
          past++;
        const length = (past - i) * recordBytes;
        const { bytesRead } = await file.read(
          into,
          i * recordBytes,
          length,
          offset + indices[i] * recordBytes,
        );
        if (bytesRead !== length)
          throw new MotifError(
            "dataset",
            `${path}: it ends before image ${indices[i]}. It was cut off.`,
          );
        i = past;
      }
    },
    close: () => file.close(),
  };
}
