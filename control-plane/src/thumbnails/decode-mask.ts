/**
 * A mask from its bytes: NumPy's .npy, version 1.0, float32, C order, [H, W], as gpu-node/src/report/npy.ts writes it (NEP 1). Apps do
 * not import each other.
 */
import { ControlPlaneError } from "../control-plane-error.ts";

/** "\x93NUMPY", version 1.0. */
const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0);

/**
 * @param name of the artifact, for the message
 * @returns float32 [H, W]
 * @throws ControlPlaneError "corrupt" unless the bytes are such a mask, of this size
 */
export function decodeMask(
  bytes: Uint8Array,
  [height, width]: readonly [number, number],
  name: string,
): Float32Array {
  const refuse = (what: string): never => {
    throw new ControlPlaneError(
      "corrupt",
      `The mask ${name} ${what}; a float32 .npy of shape [${height}, ${width}] is expected. Search this class again.`,
    );
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const prefix = magic.length + 2;
  if (bytes.length < prefix || magic.some((byte, i) => bytes[i] !== byte))
    refuse("is no .npy of version 1.0");
  const start = prefix + view.getUint16(magic.length, true);
  const header = new TextDecoder("latin1").decode(
    bytes.subarray(prefix, start),
  );
  const shape = /'shape': *\((\d{1,9}), *(\d{1,9}),? *\)/.exec(header);
  if (
    !/'descr': *'<f4'/.test(header) ||
    !/'fortran_order': *False/.test(header) ||
    Number(shape?.[1]) !== height ||
    Number(shape?.[2]) !== width
  )
    refuse(`has the header ${JSON.stringify(header.trim().slice(0, 200))}`);
  if (bytes.length - start !== height * width * 4)
    refuse(`has ${bytes.length - start} bytes of values`);
  const mask = new Float32Array(height * width);
  for (let i = 0; i < mask.length; i++)
    mask[i] = view.getFloat32(start + i * 4, true);
  return mask;
}
