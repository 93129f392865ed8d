import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

const file = {
  metadata: { step: "3" },
  tensors: new Map([
    ["conv.weight", { shape: [2, 1], data: Float32Array.of(1.5, -2e-30) }],
    ["empty", { shape: [0, 4], data: new Float32Array(0) }],
    ["scalar", { shape: [], data: Float32Array.of(7) }],
  ]),
};

describe("safetensors", () => {
  it("are read as they were written", () => {
    expect(decodeSafetensors(encodeSafetensors(file))).toEqual(file);
  });

  it("have the layout that other readers expect: a length, a header, bytes at offsets, aligned", () => {
    const bytes = Buffer.from(encodeSafetensors(file));
    const length = Number(bytes.readBigUInt64LE(0));
    expect(length % 8).toBe(0);
    const header = JSON.parse(bytes.toString("utf8", 8, 8 + length)) as unknown;
    expect(header).toEqual({
      __metadata__: { step: "3" },
      "conv.weight": { dtype: "F32", shape: [2, 1], data_offsets: [0, 8] },
      empty: { dtype: "F32", shape: [0, 4], data_offsets: [8, 8] },
      scalar: { dtype: "F32", shape: [], data_offsets: [8, 12] },
    });
    expect(bytes.length).toBe(8 + length + 12);
    expect(bytes.readFloatLE(8 + length)).toBe(1.5);
  });

  const withHeader = (header: unknown, body = 8) => {
    const text = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([length, text, Buffer.alloc(body)]);
  };
  const tensor = (entry: object) =>
    withHeader({
      w: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...entry },
    });

  it.each([
    ["shorter than a length", Buffer.alloc(5), /shorter than a header/],
    [
      "a header longer than the file",
      Buffer.concat([Buffer.alloc(7, 255), Buffer.from([0, 1])]),
      /its header says to be \d+ bytes long/,
    ],
    ["a header that is no object", withHeader([1]), /no object/],
    ["a header that is cut", withHeader({}).subarray(0, 9), /header/],
    ["another type", tensor({ dtype: "F16" }), /"w" is of type F16/],
    ["a place outside", tensor({ data_offsets: [4, 12] }), /at 4 to 12 of 8/],
    [
      "a place that is turned round",
      tensor({ data_offsets: [8, 0] }),
      /8 to 0/,
    ],
    ["a shape of another size", tensor({ shape: [3] }), /\[3\]/],
    ["a shape of negative extents", tensor({ shape: [-2, -1] }), /no shape/],
    ["a shape beyond numbers", tensor({ shape: [2 ** 40, 2 ** 40] }), /bytes/],
    [
      "metadata that are no strings",
      withHeader({ __metadata__: { a: 1 } }),
      /__metadata__/,
    ],
  ])("with %s are refused", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });
});
