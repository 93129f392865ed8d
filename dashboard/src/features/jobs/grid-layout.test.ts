import { expect, test } from "vitest";
import { layOut, moveBy, placeAt, rectangleOf } from "./grid-layout.ts";

const sizes = [
  { columns: 10, rows: 2, width: 1100 },
  { columns: 1000, rows: 5, width: 1100 },
  { columns: 10, rows: 5, width: 320 },
  { columns: 1000, rows: 100, width: 900 },
  { columns: 1, rows: 1, width: 200 },
];

test.each(sizes)(
  "$columns × $rows fit in $width and every cell is found where it is drawn",
  ({ columns, rows, width }) => {
    const layout = layOut({ columns, rows }, width);
    expect(layout.width).toBeLessThanOrEqual(width);
    expect(layout.bands * layout.columnsPerBand).toBeGreaterThanOrEqual(
      columns,
    );
    for (const column of [0, Math.floor(columns / 2), columns - 1])
      for (const row of [0, rows - 1]) {
        const at = rectangleOf(layout, { column, row });
        expect(
          placeAt(layout, at.x + at.width / 2, at.y + at.height / 2),
        ).toEqual({ column, row });
        expect(at.y + at.height).toBeLessThanOrEqual(layout.height);
      }
  },
);

test("a thousand classes of five canvases stay in view", () => {
  expect(layOut({ columns: 1000, rows: 5 }, 1100).height).toBeLessThan(800);
});

test("beside the cells there is none", () => {
  const layout = layOut({ columns: 3, rows: 2 }, 400);
  expect(placeAt(layout, 2, 30)).toBeNull();
  expect(placeAt(layout, 60, 2)).toBeNull();
  expect(placeAt(layout, 60, layout.height + 40)).toBeNull();
  expect(placeAt(layout, 399, 30)).toBeNull();
});

test("keys move between cells and bands, and stop at the ends", () => {
  const layout = {
    ...layOut({ columns: 7, rows: 2 }, 1000),
    columnsPerBand: 4,
  };
  expect(moveBy(layout, { column: 0, row: 0 }, "ArrowLeft")).toEqual({
    column: 0,
    row: 0,
  });
  expect(moveBy(layout, { column: 3, row: 1 }, "ArrowRight")).toEqual({
    column: 4,
    row: 1,
  });
  expect(moveBy(layout, { column: 2, row: 1 }, "ArrowDown")).toEqual({
    column: 6,
    row: 0,
  });
  expect(moveBy(layout, { column: 3, row: 1 }, "ArrowDown")).toEqual({
    column: 3,
    row: 1,
  });
  expect(moveBy(layout, { column: 5, row: 0 }, "ArrowUp")).toEqual({
    column: 1,
    row: 1,
  });
  expect(moveBy(layout, { column: 1, row: 0 }, "End")).toEqual({
    column: 6,
    row: 0,
  });
  expect(moveBy(layout, { column: 1, row: 0 }, "a")).toBeNull();
});
