/** A mask's file: NumPy's .npy, version 1.0, float32, C order, [H, W] (NEP 1). Pure. */

export interface Mask {
  readonly height: number;
  readonly width: number;
  /** Row by row, 0…1. */
  readonly values: Float32Array;
}

/** "\x93NUMPY", version 1.0. */
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];

/** @throws Error for anything else */
export function readNpy(bytes: ArrayBuffer): Mask {
  const view = new DataView(bytes);
  const isNpy =
    bytes.byteLength > 10 &&
    magic.every((byte, index) => view.getUint8(index) === byte);
  if (!isNpy) throw new Error("The mask's file is no .npy of version 1.0.");
  const start = 10 + view.getUint16(8, true);
  const header = new TextDecoder("latin1").decode(bytes.slice(10, start));
  const shape = /'shape': *\((\d+), *(\d+),? *\)/.exec(header);
  const [height, width] = [Number(shape?.[1]), Number(shape?.[2])];
  if (
    !header.includes("'<f4'") ||
    !/'fortran_order': *False/.test(header) ||
    bytes.byteLength !== start + height * width * 4
  )
    throw new Error("The mask's file is not a float32 matrix.");
  return {
    height,
    width,
    values: Float32Array.from({ length: height * width }, (_, i) =>
      view.getFloat32(start + i * 4, true),
    ),
  };
}

/** The rank of each pixel, 0 for the largest value; equal values in index order, as the search ranks them. */
export function rankPixels(values: Float32Array): Uint32Array {
  const order = Uint32Array.from(values, (_, i) => i).sort(
    (a, b) => values[b]! - values[a]! || a - b,
  );
  const ranks = new Uint32Array(values.length);
  order.forEach((pixel, rank) => {
    ranks[pixel] = rank;
  });
  return ranks;
}
