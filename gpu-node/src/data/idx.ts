/** The header of an IDX file (the MNIST family's format), read before any pixel is trusted. */
import { MotifError } from "../motif-error.ts";

export interface IdxHeader {
  /** Sizes, outermost first: `[count]` for labels, `[count, height, width]` for grey images. */
  readonly dimensions: readonly number[];
  /** Where the values begin, in bytes. */
  readonly dataOffset: number;
  /** Length of the values, in bytes. */
  readonly dataLength: number;
}

const unsignedByte = 0x08;
/** More values than any image data set has: beyond it the header is taken for damage, not for a large file. */
const mostValues = 2 ** 46;

/**
 * Parses an IDX header of unsigned bytes.
 * @param bytes the file's first bytes, at least 4 + 4·rank of them
 * @param name what to call the file in errors
 * @throws MotifError "dataset" naming the file, what is wrong and the mend.
 */
export function parseIdxHeader(bytes: Uint8Array, name: string): IdxHeader {
  const broken = (what: string) =>
    new MotifError(
      "dataset",
      `${name}: ${what}. Is it a complete IDX file (gunzipped if .gz)?`,
    );
  if (bytes.length < 4)
    throw broken(`only ${bytes.length} bytes, an IDX file starts with 4`);
  if (bytes[0] !== 0 || bytes[1] !== 0)
    throw broken("not an IDX file: its first two bytes are not zero");
  if (bytes[2] !== unsignedByte) {
    throw broken(
      `values of type 0x${bytes[2].toString(16).padStart(2, "0")}; Motif reads unsigned bytes (0x08)`,
    );
  }
  const rank = bytes[3];
  if (rank < 1 || rank > 4)
    throw broken(`${rank} dimensions; Motif reads 1 to 4`);
  const dataOffset = 4 + 4 * rank;
  if (bytes.length < dataOffset)
    throw broken(
      `the header is cut off at ${bytes.length} of ${dataOffset} bytes`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dimensions = Array.from({ length: rank }, (_, axis) =>
    view.getUint32(4 + 4 * axis),
  );
  const dataLength = dimensions.reduce((product, size) => product * size, 1);
  if (dataLength === 0)
    throw broken(`holds no values: its sizes are ${dimensions.join("×")}`);
  if (dataLength > mostValues)
    throw broken(`its sizes ${dimensions.join("×")} are not credible`);
  return { dimensions, dataOffset, dataLength };
}
