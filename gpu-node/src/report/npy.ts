/**
 * Masks on disk: NumPy's .npy, version 1.0, float32, C order, so that `numpy.load` opens them.
 * Format: numpy.lib.format, "NPY format", NEP 1.
 */
import { MotifError } from "../motif-error.ts";

/** "\x93NUMPY", version 1.0. */
const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0);
/** The data begins at a multiple of this many bytes. */
const alignment = 64;

export interface NpyArray {
  /** float32 [H, W]. */
  readonly data: Float32Array;
  readonly shape: readonly [number, number];
}

/**
 * @param data float32 [H, W]
 * @throws RangeError if data and shape disagree
 */
export function encodeNpy(
  data: Float32Array,
  shape: readonly [number, number],
): Uint8Array {
  const [height, width] = shape;
  if (data.length !== height * width)
    throw new RangeError(
      `encodeNpy: ${data.length} values for ${height}×${width}`,
    );
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${height}, ${width}), }`;
  const prefix = magic.length + 2;
  const total =
    Math.ceil((prefix + dictionary.length + 1) / alignment) * alignment;
  const bytes = new Uint8Array(total + data.length * 4);
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  view.setUint16(magic.length, total - prefix, true);
  bytes.set(
    new TextEncoder().encode(`${dictionary.padEnd(total - prefix - 1)}\n`),
    prefix,
  );
  for (let i = 0; i < data.length; i++)
    view.setFloat32(total + i * 4, data[i], true);
  return bytes;
}

/**
 * @param source where the bytes came from, for the message
 * @throws MotifError "storage" unless the bytes are a little-endian float32 .npy (v1.0, C order) of two dimensions
 */
export function decodeNpy(bytes: Uint8Array, source = "mask"): NpyArray {
  const refuse = (what: string): never => {
    throw new MotifError(
      "storage",
      `${source}: ${what}. A mask is a float32 .npy of shape [H, W].`,
    );
  };
  if (
    bytes.length < magic.length + 2 ||
    magic.some((byte, i) => bytes[i] !== byte)
  )
    refuse("it is not a .npy of version 1.0");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = magic.length + 2 + view.getUint16(magic.length, true);
  if (start > bytes.length) refuse("its header is cut off");
  const header = new TextDecoder("latin1").decode(
    bytes.subarray(magic.length + 2, start),
  );
  const shape = /'shape': *\((\d{1,9}), *(\d{1,9}),? *\)/.exec(header);
  if (
    !/'descr': *'<f4'/.test(header) ||
    !/'fortran_order': *False/.test(header) ||
    shape === null
  ) {
    return refuse(`its header is ${header.trim()}`);
  }
  const [height, width] = [Number(shape[1]), Number(shape[2])];
  if (bytes.length - start !== height * width * 4) {
    refuse(
      `it holds ${bytes.length - start} bytes of data, ${height}×${width} take ${height * width * 4}`,
    );
  }
  const data = Float32Array.from({ length: height * width }, (_, i) =>
    view.getFloat32(start + i * 4, true),
  );
  return { data, shape: [height, width] };
}
