/**
 * Decodes TensorProto data. float32 weights stay views on the file's bytes where they lie aligned; every other type is
 * converted: halves and doubles to float32, all integers to int64.
 */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { MotifError } from "../../motif-error.ts";
import {
  elementCount,
  mostElements,
  type DType,
  type Tensor,
  type TensorData,
} from "../graph/tensor.ts";
import type { OnnxTensor } from "./model-proto.ts";

interface DataType {
  readonly name: string;
  readonly dtype: DType;
  /** Bytes an element in raw_data. */
  readonly size: number;
  /** The element at byte offset `at` of raw_data. */
  readonly read: (view: DataView, at: number) => number;
}

/** Two's complement halves: exact to 2^53, and clamped bounds of ±2^63 stay large. */
const readInt64 = (view: DataView, at: number) =>
  view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
const readUint64 = (view: DataView, at: number) =>
  view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);

const bits = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function fromBfloat16(half: number): number {
  bits.setUint32(0, (half & 0xffff) << 16);
  return bits.getFloat32(0);
}

/** IEEE 754 binary16. */
export function fromFloat16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** By TensorProto.DataType. */
const dataTypes: Readonly<Record<number, DataType>> = {
  1: {
    name: "float",
    dtype: "float32",
    size: 4,
    read: (view, at) => view.getFloat32(at, true),
  },
  2: {
    name: "uint8",
    dtype: "int64",
    size: 1,
    read: (view, at) => view.getUint8(at),
  },
  3: {
    name: "int8",
    dtype: "int64",
    size: 1,
    read: (view, at) => view.getInt8(at),
  },
  4: {
    name: "uint16",
    dtype: "int64",
    size: 2,
    read: (view, at) => view.getUint16(at, true),
  },
  5: {
    name: "int16",
    dtype: "int64",
    size: 2,
    read: (view, at) => view.getInt16(at, true),
  },
  6: {
    name: "int32",
    dtype: "int64",
    size: 4,
    read: (view, at) => view.getInt32(at, true),
  },
  7: { name: "int64", dtype: "int64", size: 8, read: readInt64 },
  9: {
    name: "bool",
    dtype: "bool",
    size: 1,
    read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
  },
  10: {
    name: "float16",
    dtype: "float32",
    size: 2,
    read: (view, at) => fromFloat16(view.getUint16(at, true)),
  },
  11: {
    name: "double",
    dtype: "float32",
    size: 8,
    read: (view, at) => view.getFloat64(at, true),
  },
  12: {
    name: "uint32",
    dtype: "int64",
    size: 4,
    read: (view, at) => view.getUint32(at, true),
  },
  13: { name: "uint64", dtype: "int64", size: 8, read: readUint64 },
  16: {
    name: "bfloat16",
    dtype: "float32",
    size: 2,
    read: (view, at) => fromBfloat16(view.getUint16(at, true)),
  },
};

const otherNames: Readonly<Record<number, string>> = {
  0: "undefined",
  8: "string",
  14: "complex64",
  15: "complex128",
};

/** How ONNX calls a TensorProto.DataType. */
export function dataTypeName(dataType: number): string {
  return (
    dataTypes[dataType]?.name ?? otherNames[dataType] ?? `type ${dataType}`
  );
}

/** What a TensorProto.DataType is held as; undefined for strings, complex numbers and the like. */
export function toDType(dataType: number): DType | undefined {
  return dataTypes[dataType]?.dtype;
}

/**
 * @param place the model and the tensor, for messages
 * @throws MotifError "model" when the data is missing, does not fit its dimensions or holds values that are not finite
 */
export function decodeTensor(tensor: OnnxTensor, place: string): Tensor {
  const { dims, dataType } = tensor;
  const shown = `[${dims.join(",")}]`;
  if (tensor.isExternal) {
    throw new MotifError(
      "model",
      `${place}: its data lies in another file. Save the model again as one file ` +
        "(Python: onnx.save(onnx.load(path), path, save_as_external_data=False)).",
    );
  }
  if (!dims.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new MotifError(
      "model",
      `${place}: its shape ${shown} is not one. Export the model again.`,
    );
  }
  const type = dataTypes[dataType];
  if (!type) {
    throw new MotifError(
      "model",
      `${place}: tensors of ${dataTypeName(dataType)} cannot be used. Export the model in float32.`,
    );
  }
  const count = elementCount(dims);
  if (!(count <= mostElements))
    throw new MotifError("model", `${place}: its shape ${shown} is too large`);
  let data: TensorData;
  try {
    data = decodeData(tensor, type, count, place);
  } catch (error) {
    if (error instanceof MotifError) throw error;
    throw new MotifError(
      "model",
      `${place}: its data cannot be read. The file is damaged: export it again.`,
      { cause: error },
    );
  }
  if (data.length !== count) {
    throw new MotifError(
      "model",
      `${place}: ${data.length} elements are there, its shape ${shown} wants ${count}. The file is damaged: export it again.`,
    );
  }
  if (type.dtype === "float32") checkFinite(data, place);
  return { dtype: type.dtype, shape: dims, data };
}

function decodeData(
  tensor: OnnxTensor,
  type: DataType,
  count: number,
  place: string,
): TensorData {
  const { rawData, floatData, doubleData, varintData } = tensor;
  if (rawData) return fromBytes(rawData, type, place);
  if (type.name === "float") return fromBytes(join(floatData), type, place);
  if (type.name === "double") return fromBytes(join(doubleData), type, place);
  return fromVarints(varintData, type, count);
}

function fromBytes(
  bytes: Uint8Array,
  type: DataType,
  place: string,
): TensorData {
  const length = bytes.byteLength / type.size;
  if (!Number.isInteger(length)) {
    throw new MotifError(
      "model",
      `${place}: ${bytes.byteLength} bytes are no whole number of ${type.name} elements`,
    );
  }
  // All machines that Node runs on store little-endian, as ONNX does.
  if (type.name === "float" && bytes.byteOffset % 4 === 0)
    return new Float32Array(bytes.buffer, bytes.byteOffset, length);
  if (type.name === "float")
    return new Float32Array(Uint8Array.from(bytes).buffer);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = allocate(type.dtype, length);
  for (let i = 0; i < length; i++) data[i] = type.read(view, i * type.size);
  return data;
}

/** Integers, truth values, and halves as the integers of their bits. */
function fromVarints(
  pieces: readonly Uint8Array[],
  type: DataType,
  count: number,
): TensorData {
  const bytes = join(pieces);
  // A varint takes a byte at least: more elements than bytes are never allocated.
  if (count > bytes.length)
    return allocate(type.dtype, Math.min(count - 1, bytes.length));
  const reader = new BinaryReader(bytes);
  const data = allocate(type.dtype, count);
  const isHalf = type.dtype === "float32";
  const isTruth = type.dtype === "bool";
  let read = 0;
  while (reader.pos < reader.len) {
    const value = Number(
      type.name === "uint64" ? reader.uint64() : reader.int64(),
    );
    if (read < count) {
      data[read] = isHalf
        ? type.name === "float16"
          ? fromFloat16(value)
          : fromBfloat16(value)
        : isTruth
          ? +(value !== 0)
          : value;
    }
    read++;
  }
  return read === count ? data : allocate(type.dtype, read);
}

function allocate(dtype: DType, length: number): TensorData {
  if (dtype === "bool") return new Uint8Array(length);
  return dtype === "int64"
    ? new Float64Array(length)
    : new Float32Array(length);
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const all = new Uint8Array(
    pieces.reduce((length, piece) => length + piece.length, 0),
  );
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Weights must be finite. A single infinite number is let through: bounds and masks are written so. */
function checkFinite(data: TensorData, place: string): void {
  const isScalar = data.length === 1;
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (Number.isFinite(value) || (isScalar && !Number.isNaN(value))) continue;
    throw new MotifError(
      "model",
      `${place}: element ${i} is ${value}. The training diverged or the file is damaged: use another checkpoint.`,
    );
  }
}
