/** Draws a grid of cells on a canvas. State shows by shape as well as colour: hollow, filling up, filled, crossed, struck out. */
import { css, inkOn, type Rgb } from "./colours.ts";
import type { Cell, Grid } from "./cells.ts";
import { rectangleOf, type GridLayout, type Rectangle } from "./grid-layout.ts";

export interface CellLook {
  /** Of a cell that is done; null: done, and nothing was reached. */
  readonly fill: Rgb | null;
  /** In the cell, where there is room. */
  readonly text: string;
}

/** Colours of the page. */
export interface Inks {
  readonly text: string;
  readonly dimmed: string;
  readonly line: string;
  readonly plate: string;
  readonly work: string;
  readonly failure: string;
  readonly warning: string;
}

/** Room that a cell's text and a column's name want; CSS pixels. */
const widthOfText = 30;
const heightOfText = 16;

export function drawGrid(
  context: CanvasRenderingContext2D,
  grid: Grid,
  layout: GridLayout,
  look: (cell: Cell) => CellLook,
  columnName: (column: number) => string,
  inks: Inks,
): void {
  context.clearRect(0, 0, layout.width, layout.height);
  context.textBaseline = "middle";
  context.lineWidth = 1;
  drawNames(context, grid, layout, columnName, inks);
  const hasText =
    layout.cellWidth >= widthOfText && layout.cellHeight >= heightOfText;
  for (const cell of grid.cells) {
    if (!cell) continue;
    const at = rectangleOf(layout, cell);
    drawCell(
      context,
      cell,
      at,
      cell.state === "done" ? look(cell) : null,
      inks,
    );
    if (hasText) drawText(context, cell, at, look(cell), inks);
  }
}

/** Half of the stroke that says "nothing was reached". */
const dash = (width: number): number => Math.min(5, width / 4);

function drawCell(
  context: CanvasRenderingContext2D,
  cell: Cell,
  at: Rectangle,
  look: CellLook | null,
  inks: Inks,
): void {
  const { x, y, width, height } = at;
  const outline = (colour: string) => {
    context.strokeStyle = colour;
    context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
  };
  const stroke = (...points: readonly (readonly [number, number])[]) => {
    context.beginPath();
    for (const [px, py] of points) context.lineTo(px, py);
    context.stroke();
  };
  switch (cell.state) {
    case "waiting":
    case "retrying":
      outline(cell.state === "retrying" ? inks.warning : inks.line);
      if (cell.state === "waiting") return;
      context.fillStyle = inks.warning;
      context.fillRect(x + width / 2 - 1.5, y + height / 2 - 1.5, 3, 3);
      return;
    case "working": {
      context.fillStyle = inks.work;
      const filled = Math.max(2, height * cell.done);
      context.fillRect(x, y + height - filled, width, filled);
      outline(inks.work);
      return;
    }
    case "done":
      if (look?.fill) {
        context.fillStyle = css(look.fill);
        context.fillRect(x, y, width, height);
        return;
      }
      context.fillStyle = inks.plate;
      context.fillRect(x, y, width, height);
      context.strokeStyle = inks.dimmed;
      stroke(
        [x + width / 2 - dash(width), y + height / 2],
        [x + width / 2 + dash(width), y + height / 2],
      );
      return;
    case "dead":
      outline(inks.failure);
      context.strokeStyle = inks.failure;
      stroke([x + 2, y + 2], [x + width - 2, y + height - 2]);
      stroke([x + width - 2, y + 2], [x + 2, y + height - 2]);
      return;
    case "cancelled":
      outline(inks.line);
      context.strokeStyle = inks.dimmed;
      stroke([x + 2, y + height - 2], [x + width - 2, y + 2]);
      return;
  }
}

function drawText(
  context: CanvasRenderingContext2D,
  { state }: Cell,
  { x, y, width, height }: Rectangle,
  { fill, text }: CellLook,
  inks: Inks,
): void {
  if (text === "" || (state !== "done" && state !== "working")) return;
  context.font = "600 12px system-ui, sans-serif";
  context.textAlign = "center";
  context.fillStyle = state === "done" && fill ? inkOn(fill) : inks.text;
  context.fillText(text, x + width / 2, y + height / 2 + 0.5, width - 2);
}

function drawNames(
  context: CanvasRenderingContext2D,
  grid: Grid,
  layout: GridLayout,
  columnName: (column: number) => string,
  inks: Inks,
): void {
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = inks.dimmed;
  // Where columns are narrow, as many are named as have room.
  const every = Math.max(1, Math.ceil(40 / layout.cellWidth));
  context.textAlign = every === 1 ? "center" : "left";
  for (let column = 0; column < layout.columns; column++) {
    if ((column % layout.columnsPerBand) % every !== 0) continue;
    const { x, y, width } = rectangleOf(layout, { column, row: 0 });
    const room = every * layout.cellWidth - 4;
    const value = grid.columns[column]!;
    const name =
      every === 1 ? shorten(context, columnName(value), room) : String(value);
    context.fillText(name, every === 1 ? x + width / 2 : x, y - 8);
  }
  if (layout.gutter === 0 || layout.cellHeight < 9) return;
  context.textAlign = "right";
  const everyRow = Math.max(1, Math.ceil(12 / layout.cellHeight));
  for (let band = 0; band < layout.bands; band++)
    for (let row = 0; row < layout.rows; row += everyRow) {
      const column = band * layout.columnsPerBand;
      const { y, height } = rectangleOf(layout, { column, row });
      context.fillText(
        String(grid.rows[row]!),
        layout.gutter - 8,
        y + height / 2,
      );
    }
}

function shorten(
  context: CanvasRenderingContext2D,
  name: string,
  room: number,
): string {
  if (context.measureText(name).width <= room) return name;
  let length = name.length - 1;
  while (
    length > 1 &&
    context.measureText(`${name.slice(0, length)}…`).width > room
  )
    length--;
  return length <= 1 ? name.slice(0, 2) : `${name.slice(0, length)}…`;
}
