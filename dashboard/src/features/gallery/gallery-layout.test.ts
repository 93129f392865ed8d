import { expect, test } from "vitest";
import { columnsBetween, layColumns, pictureSide } from "./gallery-layout.ts";

test("pixels are all of one size, and tiles stand side by side with room between models", () => {
  expect([28, 32, 112, 224].map((side) => pictureSide(side, "M"))).toEqual([
    84, 96, 96, 96,
  ]);
  const one = { canvasIndex: 0, seed: 0 };
  const { columns, width } = layColumns(
    [[one, { ...one, seed: 1 }], [one]],
    10,
  );
  expect(columns.map(({ left }) => left)).toEqual([0, 18, 52]);
  expect(width).toBe(62);
  expect(columnsBetween(columns, 10, 11, 30)).toEqual([1]);
  expect(columnsBetween(columns, 10, 10, 52)).toEqual([0, 1, 2]);
});
