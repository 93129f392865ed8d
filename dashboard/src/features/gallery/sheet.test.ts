/** From a sheet to what is seen of its pattern. */
import { expect, test } from "vitest";
import { drawPicture, readSheet, type PictureKind } from "./sheet.ts";

/** Two pixels: the first is ranked second, the other does not count. */
const rgba = Uint8ClampedArray.from([
  ...[10, 20, 30, 255, 40, 50, 60, 255],
  ...[0, 1, 2, 255, 255, 255, 255, 255],
  ...[7, 7, 7, 255, 128, 128, 128, 255],
]);
const sheet = readSheet(rgba, 6, 1);
const ramp = Uint8Array.from({ length: 768 }, (_, i) => i % 251);
const draw = (kind: PictureKind, k: number, backdrop?: Uint8ClampedArray) => {
  // What was drawn before must not shine through.
  const out = new Uint8ClampedArray(8).fill(99);
  drawPicture(sheet, kind, k, ramp, backdrop ?? null, out);
  return [...out];
};

test("three panels side by side are canvas, ranks and mask", () => {
  expect([...sheet.ranks]).toEqual([258, 0xffffff]);
  expect([...sheet.mask]).toEqual([7, 128]);
  expect(() => readSheet(rgba, 5, 1)).toThrow(/no three panels/);
});

test("a pattern has the k strongest pixels of the canvas, and nothing elsewhere", () => {
  expect(draw("pattern", 258)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  expect(draw("pattern", 259)).toEqual([10, 20, 30, 255, 0, 0, 0, 0]);
  // What does not count is in no pattern, however large.
  expect(draw("pattern", 2 ** 25).slice(4)).toEqual([0, 0, 0, 0]);
});

test("pasted, it lies on an image", () => {
  const image = Uint8ClampedArray.of(1, 2, 3, 255, 4, 5, 6, 255);
  expect(draw("pasted", 259, image)).toEqual([10, 20, 30, 255, 4, 5, 6, 255]);
});

test("a mask is shown by its ramp, a canvas as it is", () => {
  const color = (value: number) => [...ramp.slice(value * 3, value * 3 + 3)];
  expect(draw("mask", 1)).toEqual([...color(7), 255, ...color(128), 255]);
  expect(draw("canvas", 1)).toEqual([10, 20, 30, 255, 40, 50, 60, 255]);
});
