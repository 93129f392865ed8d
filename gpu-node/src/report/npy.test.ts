import { describe, expect, it } from "vitest";
import { decodeNpy, encodeNpy } from "./npy.ts";

const values = Float32Array.of(0, 0.25, 1, -3.5, 1e-7, 42);

describe("encodeNpy", () => {
  it("writes what NumPy's format 1.0 asks for: magic, version, padded header, little-endian data", () => {
    const bytes = encodeNpy(values, [2, 3]);
    expect([...bytes.subarray(0, 8)]).toEqual([
      0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0,
    ]);
    const headerLength = bytes[8] + 256 * bytes[9];
    expect((10 + headerLength) % 64).toBe(0);
    const header = Buffer.from(bytes.subarray(10, 10 + headerLength)).toString(
      "latin1",
    );
    expect(header.trimEnd()).toBe(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
    );
    expect(header.endsWith("\n")).toBe(true);
    expect(Buffer.from(bytes).readFloatLE(10 + headerLength + 12)).toBe(-3.5);
  });

  it("refuses data of another size than the shape's", () => {
    expect(() => encodeNpy(values, [2, 2])).toThrow(RangeError);
  });
});

describe("decodeNpy", () => {
  it("gives back what was encoded, also from the middle of a larger buffer", () => {
    const bytes = encodeNpy(values, [3, 2]);
    const around = new Uint8Array(bytes.length + 7);
    around.set(bytes, 3);
    const decoded = decodeNpy(around.subarray(3, 3 + bytes.length));
    expect(decoded.shape).toEqual([3, 2]);
    expect(decoded.data).toEqual(values);
  });

  it.each([
    ["nothing", (_: Buffer) => Buffer.alloc(0), "not a .npy of version 1.0"],
    [
      "text",
      (_: Buffer) => Buffer.from("{}".repeat(50)),
      "not a .npy of version 1.0",
    ],
    ["a cut header", (b: Buffer) => b.subarray(0, 40), "its header is cut off"],
    [
      "missing data",
      (b: Buffer) => b.subarray(0, -4),
      "it holds 20 bytes of data, 2×3 take 24",
    ],
    ["float64", (b: Buffer) => replace(b, "<f4", "<f8"), "its header is"],
    [
      "Fortran order",
      (b: Buffer) => replace(b, "False, ", "True,  "),
      "its header is",
    ],
    [
      "one dimension",
      (b: Buffer) => replace(b, "(2, 3)", "(6,)  "),
      "its header is",
    ],
  ])("refuses %s, naming the file", (_, damage, words) => {
    const bytes = damage(Buffer.from(encodeNpy(values, [2, 3])));
    expect(() => decodeNpy(bytes, "a.npy")).toThrow(words);
    expect(() => decodeNpy(bytes, "a.npy")).toThrow(/^a\.npy: /);
  });
});

function replace(bytes: Buffer, from: string, to: string): Buffer {
  return Buffer.from(bytes.toString("latin1").replace(from, to), "latin1");
}
