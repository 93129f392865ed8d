/** Floats in JSON: float32, little endian, in base64. */

export function encodeFloats(values: Float32Array): string {
  return Buffer.from(
    values.buffer,
    values.byteOffset,
    values.byteLength,
  ).toString("base64");
}

/** @param length wanted; undefined when the text holds another number of floats */
export function decodeFloats(
  text: string,
  length: number,
): Float32Array | undefined {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 4 * length) return undefined;
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
