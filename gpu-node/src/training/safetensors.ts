/**
 * The safetensors format: named tensors and a few words about them in one file, with nothing in it that could be run.
 * A length (uint64, little-endian), a JSON header of that length, the tensors' bytes one after the other.
 * Source: https://github.com/huggingface/safetensors, README, "Format". Only float32 is written and read here.
 */
import type { FloatTensor, NamedTensors } from "./training-state.ts";

export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: NamedTensors;
}

const lengthBytes = 8;
/** The format's own limit. */
const mostHeaderBytes = 100_000_000;
/** Tensors begin at a multiple of this. */
const alignment = 8;
const metadataName = "__metadata__";

/** The same bytes for the same tensors in the same order. */
export function encodeSafetensors({
  metadata,
  tensors,
}: SafetensorsFile): Uint8Array {
  let at = 0;
  const entries = [...tensors].map(([name, { shape, data }]) => {
    const from = at;
    at += data.byteLength;
    return [name, { dtype: "F32", shape, data_offsets: [from, at] }] as const;
  });
  const text = JSON.stringify(
    Object.fromEntries([[metadataName, metadata], ...entries]),
  );
  const bytes = Buffer.from(text);
  const padding = -(bytes.length + lengthBytes) & (alignment - 1);
  const header = Buffer.concat([bytes, Buffer.alloc(padding, " ")]);
  const length = Buffer.alloc(lengthBytes);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([
    length,
    header,
    ...[...tensors.values()].map(({ data }) => littleEndian(data)),
  ]);
}

/**
 * Trusts nothing: every length is held against the bytes that are there.
 * @throws Error in one line that says what is wrong with the bytes
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (all.length < lengthBytes) throw new Error("it is shorter than a header");
  const headerLength = all.readBigUInt64LE(0);
  if (
    headerLength > BigInt(Math.min(mostHeaderBytes, all.length - lengthBytes))
  )
    throw new Error(`its header says to be ${headerLength} bytes long`);
  const past = lengthBytes + Number(headerLength);
  const header = parseHeader(all.toString("utf8", lengthBytes, past));
  const body = all.subarray(past);
  const tensors = new Map<string, FloatTensor>();
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === metadataName) metadata = readMetadata(entry);
    else tensors.set(name, readTensor(name, entry, body));
  }
  return { metadata, tensors };
}

function parseHeader(text: string): Readonly<Record<string, unknown>> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw new Error("its header is not JSON");
  }
  if (!isRecord(header)) throw new Error("its header is no object");
  return header;
}

function readMetadata(entry: unknown): Readonly<Record<string, string>> {
  if (
    !isRecord(entry) ||
    Object.values(entry).some((value) => typeof value !== "string")
  )
    throw new Error(`${metadataName} is not made of strings`);
  return entry as Readonly<Record<string, string>>;
}

function readTensor(name: string, entry: unknown, body: Buffer): FloatTensor {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  if (dtype !== "F32")
    throw new Error(`tensor "${name}" is of type ${String(dtype)}, not F32`);
  if (!isWhole(shape) || !isWhole(offsets) || offsets.length !== 2)
    throw new Error(`tensor "${name}" has no shape or place`);
  const [from, to] = offsets;
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (from > to || to > body.length || to - from !== 4 * size)
    throw new Error(
      `tensor "${name}" [${shape.join(", ")}] is said to be at ${from} to ${to} of ${body.length} bytes`,
    );
  const data = new Float32Array(size);
  for (let i = 0; i < size; i++) data[i] = body.readFloatLE(from + 4 * i);
  return { shape, data };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.every((number) => Number.isSafeInteger(number) && number >= 0)
  );
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function littleEndian(data: Float32Array): Buffer {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return isLittleEndian ? bytes : Buffer.from(bytes).swap32();
}
