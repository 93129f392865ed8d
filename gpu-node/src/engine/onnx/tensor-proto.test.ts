import { describe, expect, it } from "vitest";
import { floatTensor, writeOnnx, type FileTensor } from "./check-onnx-file.ts";
import { readModel } from "./model-proto.ts";
import { dataTypeName, decodeTensor, fromFloat16 } from "./tensor-proto.ts";

function decode(tensor: FileTensor) {
  const file = writeOnnx({ opset: 13, nodes: [], initializers: [tensor] });
  const { graph } = readModel(file, "net.onnx");
  return decodeTensor(
    graph.initializers[0],
    `net.onnx: tensor "${tensor.name}"`,
  );
}
const bytes = (array: ArrayBufferView) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
const t = (
  type: FileTensor["type"],
  count: number,
  rest: Partial<FileTensor>,
): FileTensor => ({
  name: "w",
  dims: [count],
  type,
  ...rest,
});

describe("tensors of every type that classifiers hold", () => {
  const halves = [0x3c00, 0xc000, 0x3555, 0x0001, 0x8000, 0x7bff];
  const halfValues = [1, -2, 0.333251953125, 2 ** -24, -0, 65504];
  const brains = [0x3f80, 0xc000, 0x4049];
  const brainValues = [1, -2, 3.140625];
  it.each([
    [
      "float, raw",
      t("float", 3, { raw: bytes(Float32Array.of(1, -2.5, 0.1)) }),
      "float32",
      [1, -2.5, Math.fround(0.1)],
    ],
    [
      "float, packed",
      t("float", 3, { floats: [1, -2.5, 3] }),
      "float32",
      [1, -2.5, 3],
    ],
    [
      "float, an element a field",
      t("float", 3, { floats: [1, -2.5, 3], isUnpacked: true }),
      "float32",
      [1, -2.5, 3],
    ],
    [
      "double, raw, as float32",
      t("double", 2, { raw: bytes(Float64Array.of(0.1, -3)) }),
      "float32",
      [Math.fround(0.1), -3],
    ],
    [
      "double, packed",
      t("double", 2, { doubles: [0.5, -3] }),
      "float32",
      [0.5, -3],
    ],
    [
      "double, an element a field",
      t("double", 2, { doubles: [0.5, -3], isUnpacked: true }),
      "float32",
      [0.5, -3],
    ],
    [
      "float16, raw, as float32",
      t("float16", 6, { raw: bytes(Uint16Array.from(halves)) }),
      "float32",
      halfValues,
    ],
    [
      "float16, as the integers of its bits",
      t("float16", 6, { int32s: halves }),
      "float32",
      halfValues,
    ],
    [
      "bfloat16, raw, as float32",
      t("bfloat16", 3, { raw: bytes(Uint16Array.from(brains)) }),
      "float32",
      brainValues,
    ],
    [
      "bfloat16, as the integers of its bits",
      t("bfloat16", 3, { int32s: brains }),
      "float32",
      brainValues,
    ],
    [
      "int64, raw",
      t("int64", 3, { raw: bytes(BigInt64Array.of(1n, -2n, 2n ** 40n)) }),
      "int64",
      [1, -2, 2 ** 40],
    ],
    [
      "int64, packed",
      t("int64", 3, { int64s: [1, -2, 2n ** 40n] }),
      "int64",
      [1, -2, 2 ** 40],
    ],
    [
      "int64, an element a field",
      t("int64", 3, { int64s: [1, -2, 300], isUnpacked: true }),
      "int64",
      [1, -2, 300],
    ],
    [
      "int64, the bounds that mean the end",
      t("int64", 2, { int64s: [2n ** 63n - 1n, -(2n ** 63n)] }),
      "int64",
      [2 ** 63, -(2 ** 63)],
    ],
    [
      "int32, raw",
      t("int32", 2, { raw: bytes(Int32Array.of(7, -7)) }),
      "int64",
      [7, -7],
    ],
    ["int32, packed", t("int32", 2, { int32s: [7, -7] }), "int64", [7, -7]],
    [
      "int16, raw",
      t("int16", 2, { raw: bytes(Int16Array.of(7, -7)) }),
      "int64",
      [7, -7],
    ],
    [
      "int8, raw",
      t("int8", 2, { raw: bytes(Int8Array.of(7, -7)) }),
      "int64",
      [7, -7],
    ],
    ["int8, packed", t("int8", 2, { int32s: [7, -7] }), "int64", [7, -7]],
    [
      "uint8, raw",
      t("uint8", 2, { raw: Uint8Array.of(7, 250) }),
      "int64",
      [7, 250],
    ],
    [
      "uint16, raw",
      t("uint16", 2, { raw: bytes(Uint16Array.of(7, 65535)) }),
      "int64",
      [7, 65535],
    ],
    [
      "uint32, raw",
      t("uint32", 1, { raw: bytes(Uint32Array.of(2 ** 32 - 1)) }),
      "int64",
      [2 ** 32 - 1],
    ],
    [
      "uint64, packed",
      t("uint64", 2, { uint64s: [7, 2n ** 63n] }),
      "int64",
      [7, 2 ** 63],
    ],
    [
      "bool, raw",
      t("bool", 3, { raw: Uint8Array.of(1, 0, 2) }),
      "bool",
      [1, 0, 1],
    ],
    ["bool, packed", t("bool", 3, { int32s: [1, 0, 1] }), "bool", [1, 0, 1]],
    [
      "a scalar",
      { ...t("float", 1, { floats: [3] }), dims: [] },
      "float32",
      [3],
    ],
    ["nothing", t("float", 0, {}), "float32", []],
    [
      "nothing, with a raw field",
      t("int64", 0, { raw: new Uint8Array(0) }),
      "int64",
      [],
    ],
  ] satisfies [string, FileTensor, string, number[]][])(
    "%s",
    (_title, tensor, dtype, values) => {
      const decoded = decode(tensor);
      expect(decoded.dtype).toBe(dtype);
      expect(decoded.shape).toEqual(tensor.dims);
      expect([...decoded.data]).toEqual(values);
    },
  );

  it("floats that lie aligned are a view on the file, others a copy", () => {
    const values = Float32Array.of(1, 2, 3);
    const at = (offset: number) => {
      const all = new Uint8Array(32);
      all.set(bytes(values), offset);
      const rawData = all.subarray(offset, offset + 12);
      const tensor = { name: "w", dims: [3], dataType: 1, rawData };
      const none = {
        floatData: [],
        doubleData: [],
        varintData: [],
        isExternal: false,
      };
      return { all, data: decodeTensor({ ...tensor, ...none }, "w").data };
    };
    const [aligned, other] = [at(8), at(9)];
    expect([...aligned.data]).toEqual([1, 2, 3]);
    expect([...other.data]).toEqual([1, 2, 3]);
    expect(aligned.data.buffer).toBe(aligned.all.buffer);
    expect(other.data.buffer).not.toBe(other.all.buffer);
  });
});

it("a half is what IEEE 754 says", () => {
  expect(fromFloat16(0x7c00)).toBe(Infinity);
  expect(fromFloat16(0xfc00)).toBe(-Infinity);
  expect(fromFloat16(0x7e00)).toBeNaN();
  expect(fromFloat16(0x03ff)).toBe(1023 * 2 ** -24);
});

it.each([
  [1, "float"],
  [8, "string"],
  [14, "complex64"],
  [77, "type 77"],
])("data type %i is called %s", (number, name) => {
  expect(dataTypeName(number)).toBe(name);
});

describe("a tensor that is damaged is refused by its name", () => {
  it.each([
    [
      "too few raw bytes",
      t("float", 3, { raw: new Uint8Array(8) }),
      /2 elements are there, its shape \[3\] wants 3/,
    ],
    [
      "too many raw bytes",
      t("float", 1, { raw: new Uint8Array(8) }),
      /2 elements are there, its shape \[1\] wants 1/,
    ],
    [
      "half an element",
      t("float", 1, { raw: new Uint8Array(6) }),
      /6 bytes are no whole number of float elements/,
    ],
    [
      "too few integers",
      t("int64", 3, { int64s: [1, 2] }),
      /2 elements are there, its shape \[3\] wants 3/,
    ],
    [
      "too many integers",
      t("int64", 1, { int64s: [1, 2] }),
      /2 elements are there, its shape \[1\] wants 1/,
    ],
    [
      "no data",
      t("int64", 3, {}),
      /0 elements are there, its shape \[3\] wants 3/,
    ],
    [
      "a promise of 4 GiB without data",
      t("int64", 2 ** 29, {}),
      /0 elements are there/,
    ],
    ["a promise of terabytes", t("int64", 2 ** 40, {}), /is too large/],
    ["a negative size", t("int64", -1, {}), /its shape \[-1\] is not one/],
    [
      "a half that is not a number",
      t("float16", 2, { raw: bytes(Uint16Array.of(0x3c00, 0x7e00)) }),
      /element 1 is NaN/,
    ],
    [
      "a double beyond float32",
      t("double", 2, { doubles: [1, 1e300] }),
      /element 1 is Infinity/,
    ],
    [
      "complex numbers",
      t("complex64", 1, {}),
      /tensors of complex64 cannot be used/,
    ],
  ] satisfies [string, FileTensor, RegExp][])(
    "%s",
    (_title, tensor, message) => {
      expect(() => decode(tensor)).toThrow(message);
      expect(() => decode(tensor)).toThrow(/^net\.onnx: tensor "w": /);
    },
  );

  it("one not-a-number among many weights is found", () => {
    const numbers = new Float32Array(100_000).fill(1);
    numbers[99_999] = NaN;
    expect(() => decode(floatTensor("w", [100_000], numbers))).toThrow(
      /element 99999 is NaN/,
    );
  });
});
