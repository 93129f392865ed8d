import { expect, test } from "vitest";
import { parseIdxHeader } from "./idx.ts";

const header = (...bytes: number[]) => Uint8Array.from(bytes);

test("reads the header of a grey image file", () => {
  const bytes = header(0, 0, 8, 3, 0, 0, 0xea, 0x60, 0, 0, 0, 28, 0, 0, 0, 28);
  expect(parseIdxHeader(bytes, "train")).toEqual({
    dimensions: [60000, 28, 28],
    dataOffset: 16,
    dataLength: 47040000,
  });
});

test("reads a header that lies inside a larger buffer", () => {
  const bytes = header(9, 9, 9, 0, 0, 8, 1, 0, 0, 0, 5).subarray(3);
  expect(parseIdxHeader(bytes, "labels").dimensions).toEqual([5]);
});

test.each([
  ["empty", header(), /only 0 bytes/],
  ["gzip bytes", header(0x1f, 0x8b, 8, 0), /not an IDX file/],
  ["float values", header(0, 0, 0x0d, 1, 0, 0, 0, 1), /0x0d/],
  ["cut off", header(0, 0, 8, 3, 0, 0, 0, 1), /cut off at 8 of 16/],
  ["no images", header(0, 0, 8, 1, 0, 0, 0, 0), /no values/],
  [
    "absurd sizes",
    header(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255),
    /not credible/,
  ],
])("refuses a file that is %s, naming it", (_, bytes, message) => {
  expect(() => parseIdxHeader(bytes, "a.idx")).toThrow(message);
  expect(() => parseIdxHeader(bytes, "a.idx")).toThrow(/^a\.idx: /);
});
