/** Where searches stand, as bytes: what checkpoints are made of. */
import { createHash } from "node:crypto";
import type { SearchState } from "../search/run-searches.ts";

const digestBytes = 32;
const headBytes = 20;

/** SHA-256 of what follows, then step and the two lengths as uint32, loss as float64, mask and canvas as float32. */
export function encodeState({
  step,
  mask,
  canvas,
  loss,
}: SearchState): Uint8Array {
  const body = Buffer.alloc(headBytes + 4 * (mask.length + canvas.length));
  body.writeUInt32LE(step, 0);
  body.writeUInt32LE(mask.length, 4);
  body.writeUInt32LE(canvas.length, 8);
  body.writeDoubleLE(loss, 12);
  let at = headBytes;
  for (const values of [mask, canvas])
    for (const value of values) at = body.writeFloatLE(value, at);
  return Buffer.concat([createHash("sha256").update(body).digest(), body]);
}

/** @returns null when the bytes are damaged: the search then starts again */
export function decodeState(bytes: Buffer): SearchState | null {
  const body = bytes.subarray(digestBytes);
  if (
    body.length < headBytes ||
    !createHash("sha256")
      .update(body)
      .digest()
      .equals(bytes.subarray(0, digestBytes))
  )
    return null;
  const maskLength = body.readUInt32LE(4);
  const canvasLength = body.readUInt32LE(8);
  const floats = (from: number, count: number) =>
    Float32Array.from({ length: count }, (_, i) =>
      body.readFloatLE(headBytes + 4 * (from + i)),
    );
  return {
    step: body.readUInt32LE(0),
    mask: floats(0, maskLength),
    canvas: floats(maskLength, canvasLength),
    loss: body.readDoubleLE(12),
  };
}
