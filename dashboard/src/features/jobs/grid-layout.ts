/**
 * Where a grid's cells are drawn: columns side by side in bands, bands beneath each other, so that ten classes fill the width with
 * large cells and a thousand stay in view with small ones. Pure.
 */

export interface GridLayout {
  readonly columns: number;
  readonly rows: number;
  readonly columnsPerBand: number;
  readonly bands: number;
  /** All in CSS pixels. */
  readonly cellWidth: number;
  readonly cellHeight: number;
  /** Between cells. */
  readonly gap: number;
  /** At the left, for the rows' names. */
  readonly gutter: number;
  /** Above each band, for the columns' names. */
  readonly header: number;
  readonly bandHeight: number;
  readonly width: number;
  readonly height: number;
}

export interface Place {
  readonly column: number;
  readonly row: number;
}

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const largestWidth = 84;
const largestHeight = 34;
const smallest = 9;
/** More cells than this are drawn smaller still. */
const manyCells = 20_000;
const smallestOfMany = 4;
const betweenBands = 10;

/** @param width CSS pixels that there are */
export function layOut(
  { columns, rows }: { readonly columns: number; readonly rows: number },
  width: number,
): GridLayout {
  const gutter = rows > 1 ? 26 : 0;
  const header = 16;
  const least = columns * rows > manyCells ? smallestOfMany : smallest;
  const room = Math.max(least, width - gutter);
  const cellWidth = Math.min(
    largestWidth,
    Math.max(least, Math.floor(room / Math.max(1, columns))),
  );
  const most = Math.max(1, Math.floor(room / cellWidth));
  const bands = Math.max(1, Math.ceil(columns / most));
  const columnsPerBand = Math.max(1, Math.ceil(columns / bands));
  const cellHeight = Math.min(largestHeight, Math.max(least, cellWidth));
  const bandHeight = header + rows * cellHeight + betweenBands;
  return {
    columns,
    rows,
    columnsPerBand,
    bands,
    cellWidth,
    cellHeight,
    gap: cellWidth >= 16 ? 2 : 1,
    gutter,
    header,
    bandHeight,
    width: gutter + columnsPerBand * cellWidth,
    height: bands * bandHeight - betweenBands,
  };
}

export function rectangleOf(
  layout: GridLayout,
  { column, row }: Place,
): Rectangle {
  const band = Math.floor(column / layout.columnsPerBand);
  return {
    x: layout.gutter + (column % layout.columnsPerBand) * layout.cellWidth,
    y: band * layout.bandHeight + layout.header + row * layout.cellHeight,
    width: layout.cellWidth - layout.gap,
    height: layout.cellHeight - layout.gap,
  };
}

/** @returns null beside the cells */
export function placeAt(
  layout: GridLayout,
  x: number,
  y: number,
): Place | null {
  const inBand = Math.floor((x - layout.gutter) / layout.cellWidth);
  const band = Math.floor(y / layout.bandHeight);
  const row = Math.floor(
    (y - band * layout.bandHeight - layout.header) / layout.cellHeight,
  );
  if (inBand < 0 || inBand >= layout.columnsPerBand) return null;
  if (row < 0 || row >= layout.rows || band < 0) return null;
  const column = band * layout.columnsPerBand + inBand;
  return column < layout.columns ? { column, row } : null;
}

/** @param key of a keyboard event @returns null where the key moves nothing */
export function moveBy(
  layout: GridLayout,
  { column, row }: Place,
  key: string,
): Place | null {
  const { columns, rows, columnsPerBand } = layout;
  const to = (nextColumn: number, nextRow: number): Place => ({
    column: Math.min(columns - 1, Math.max(0, nextColumn)),
    row: Math.min(rows - 1, Math.max(0, nextRow)),
  });
  switch (key) {
    case "ArrowRight":
      return to(column + 1, row);
    case "ArrowLeft":
      return to(column - 1, row);
    case "ArrowDown":
      if (row + 1 < rows) return to(column, row + 1);
      return column + columnsPerBand < columns
        ? to(column + columnsPerBand, 0)
        : to(column, row);
    case "ArrowUp":
      if (row > 0) return to(column, row - 1);
      return column >= columnsPerBand
        ? to(column - columnsPerBand, rows - 1)
        : to(column, row);
    case "PageDown":
      return to(column + columnsPerBand, row);
    case "PageUp":
      return to(column - columnsPerBand, row);
    case "Home":
      return to(0, row);
    case "End":
      return to(columns - 1, row);
    default:
      return null;
  }
}
