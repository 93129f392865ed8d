import { describe, expect, it } from "vitest";
import { labelWidth, layPicture } from "./picture-layout.ts";

const rowHeight = 84 + 34 + 8;

describe("layPicture", () => {
  it.each([
    [1, 1],
    [10, 5],
    [43, 3],
    [1_000, 5],
  ])(
    "gives each of %i rows of %i tiles a place of its own on the page",
    (rowCount, columns) => {
      const rowWidth = columns * 92 - 8;
      const layout = layPicture(rowCount, rowWidth, 84, 24)!;
      const places = Array.from({ length: rowCount }, (_, index) =>
        layout.placeOf(index),
      );
      for (const [index, { left, top }] of places.entries()) {
        expect(left).toBeGreaterThanOrEqual(0);
        expect(left + labelWidth + rowWidth).toBeLessThanOrEqual(layout.width);
        expect(top + rowHeight).toBeLessThanOrEqual(layout.height);
        const next = places[index + 1];
        if (next)
          expect(
            next.left >= left + labelWidth + rowWidth ||
              next.top === top + rowHeight,
          ).toBe(true);
      }
    },
  );

  it("makes a page of many rows rather than a strip", () => {
    const { width, height, blocks } = layPicture(1_000, 452, 84, 24)!;
    expect(blocks).toBeGreaterThan(1);
    expect(width / height).toBeGreaterThan(1);
    expect(width / height).toBeLessThan(1.5);
  });

  it("draws every pixel twice where there is room, else once, and refuses what no browser draws", () => {
    expect(layPicture(10, 452, 84, 24)?.ratio).toBe(2);
    expect(layPicture(1_000, 452, 84, 24)?.ratio).toBe(1);
    expect(layPicture(1_000, 40 * 176, 168, 44)).toBeNull();
  });
});
