/** Sheets of images that are too large to be shown pixel for pixel. */
import { expect, it } from "vitest";
import { drawSheet, noRank } from "./draw-sheet.ts";

const panels = (
  { pixels, width }: ReturnType<typeof drawSheet>,
  y: number,
  x: number,
) =>
  [0, 1, 2].map((panel) => {
    const at = (y * width + (panel * width) / 3 + x) * 3;
    return [...pixels.subarray(at, at + 3)];
  });
const none = [noRank >> 16, (noRank >> 8) & 255, noRank & 255];

it("224×224 becomes 112×112: a block shows its best pixel, or its mean", () => {
  const side = 224;
  const at = (y: number, x: number) => y * side + x;
  const colors = new Uint8Array(side * side * 3);
  const mask = new Float32Array(side * side);
  // The block at row 1, column 2: rows 2 and 3, columns 4 and 5.
  const block = [at(2, 4), at(2, 5), at(3, 4), at(3, 5)];
  block.forEach((index, i) => {
    colors.set([i, 10 * i, 100 + i], index * 3);
    mask[index] = [0.2, 0.4, 0.6, 0.5][i]!;
  });
  colors.set([200, 201, 202], at(223, 223) * 3);
  const last = { ...{ size: [side, side] as const }, colors, mask };
  const plain = drawSheet({ ...last, topPixels: [] });
  expect(plain).toMatchObject({ height: 112, width: 336 });
  // Means of 0 1 2 3, 0 10 20 30 and 100 … 103; the largest of the mask, 0.6.
  expect(panels(plain, 1, 2)).toEqual([[2, 15, 102], none, [153, 153, 153]]);
  expect(panels(plain, 111, 111)).toEqual([[50, 50, 51], none, [0, 0, 0]]);
  const other = at(100, 100);
  const topPixels = [
    ...Array<number>(300).fill(other),
    at(3, 4),
    at(2, 5),
    at(223, 223),
  ];
  const ranked = drawSheet({ ...last, topPixels });
  expect(panels(ranked, 1, 2)).toEqual([
    [2, 20, 102],
    [0, 1, 300 - 256],
    [153, 153, 153],
  ]);
  expect(panels(ranked, 50, 50)[1]).toEqual([0, 0, 0]);
  expect(panels(ranked, 111, 111)).toEqual([
    [200, 201, 202],
    [0, 1, 302 - 256],
    [0, 0, 0],
  ]);
});

it("sides that blocks do not divide end in smaller blocks", () => {
  // 113 rows take blocks of 2: 57 rows, the last of one; 3 columns: 2.
  const size = [113, 3] as const;
  const colors = new Uint8Array(113 * 3 * 3).fill(9);
  const mask = new Float32Array(113 * 3);
  mask[113 * 3 - 1] = 1.5;
  const sheet = drawSheet({ size, colors, mask, topPixels: [113 * 3 - 1] });
  expect(sheet).toMatchObject({ height: 57, width: 6 });
  expect(panels(sheet, 56, 1)).toEqual([
    [9, 9, 9],
    [0, 0, 0],
    [255, 255, 255],
  ]);
  expect(panels(sheet, 0, 0)).toEqual([[9, 9, 9], none, [0, 0, 0]]);
});
