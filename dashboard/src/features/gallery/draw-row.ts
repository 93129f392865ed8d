/** A row of tiles on one canvas: plates, pictures, and beneath each its power with the interval and a tick at the base rate. */
import type { Backdrop } from "./backdrop.ts";
import { powerAt, type ChosenK } from "./chosen-k.ts";
import { ramp } from "./color-ramp.ts";
import { barGap, barHeight, type Column } from "./gallery-layout.ts";
import type { PatternRow } from "./pattern-rows.ts";
import { findSheet } from "./sheet-store.ts";
import { drawPicture, type PictureKind, type Sheet } from "./sheet.ts";

export interface DrawnTile {
  readonly column: Column;
  /** Undefined while it is not there; null where its search was not planned. */
  readonly row: PatternRow | null | undefined;
  readonly ks: readonly number[];
}

export interface Drawing {
  readonly width: number;
  readonly side: number;
  readonly kind: PictureKind;
  readonly chosen: ChosenK;
  /** Of the row. */
  readonly className: string;
  readonly backdrop: Backdrop | null;
}

/** Draws all of a row, on a canvas made as large as what is mounted: rows of forty tiles are mostly out of sight. */
export function drawRow(
  canvas: HTMLCanvasElement,
  tiles: readonly DrawnTile[],
  drawing: Drawing,
): void {
  const { side, width } = drawing;
  const first = leftOf(tiles);
  const last = tiles.at(-1)?.column.left ?? 0;
  const ratio = window.devicePixelRatio || 1;
  const shown = Math.min(width, last + side) - first;
  const height = side + barGap + barHeight;
  const [pixelWidth, pixelHeight] = [
    Math.max(1, Math.round(shown * ratio)),
    Math.round(height * ratio),
  ];
  if (canvas.width !== pixelWidth) canvas.width = pixelWidth;
  if (canvas.height !== pixelHeight) canvas.height = pixelHeight;
  canvas.style.width = `${shown}px`;
  canvas.style.height = `${height}px`;
  canvas.style.insetInlineStart = `${first}px`;
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.imageSmoothingEnabled = false;
  context.clearRect(0, 0, shown, height);
  for (const tile of tiles) drawTile(context, tile, first, drawing);
}

/** Draws one tile again, on a canvas that `drawRow` has drawn on: its sheet has come. */
export function drawArrival(
  canvas: HTMLCanvasElement,
  tiles: readonly DrawnTile[],
  tile: DrawnTile,
  drawing: Drawing,
): void {
  drawTile(canvas.getContext("2d")!, tile, leftOf(tiles), drawing);
}

const leftOf = (tiles: readonly DrawnTile[]): number =>
  tiles[0]?.column.left ?? 0;

/** @param first what lies at the context's left edge, of the columns' places */
export function drawTile(
  context: CanvasRenderingContext2D,
  { row, ks, column }: DrawnTile,
  first: number,
  { side, kind, chosen, className, backdrop }: Drawing,
): void {
  if (row === null) return;
  const left = column.left - first;
  const colors = readColors();
  if (row === undefined) {
    context.strokeStyle = colors.line;
    context.setLineDash([3, 3]);
    context.strokeRect(left + 0.5, 0.5, side - 1, side - 1);
    return;
  }
  context.fillStyle = colors.plate;
  context.fillRect(left, 0, side, side);
  const power = powerAt(row, ks, chosen);
  const sheet = findSheet(row.id);
  if (sheet) {
    const { width: across, height: down } = sheet;
    const under =
      kind === "pasted" ? backdrop?.pixelsFor(className, across, down) : null;
    const picture = pictureOf(sheet, kind, power?.k ?? 0, under ?? null);
    context.drawImage(picture, 0, 0, across, down, left, 0, side, side);
  }
  if (!power) return;
  const top = side + barGap;
  const bar = (color: string, from: number, to: number, inset: number) => {
    context.fillStyle = color;
    const wide = Math.max(2, (to - from) * side);
    const start = Math.min(from * side, side - wide);
    context.fillRect(left + start, top + inset, wide, barHeight - 2 * inset);
  };
  bar(colors.track, 0, 1, 2);
  if (power.power > 0) bar(colors.power, 0, power.power, 2);
  bar(colors.text, power.low, power.high, 3.5);
  bar(colors.base, row.baseRate, row.baseRate, 0);
}

interface RowColors {
  readonly plate: string;
  readonly line: string;
  readonly track: string;
  readonly power: string;
  readonly text: string;
  readonly base: string;
  readonly ground: string;
  readonly dimmed: string;
}

const colorsByScheme = new Map<string, RowColors>();

/** The theme's, as the scheme has them that the document is in. */
export function readColors(): RowColors {
  const root = document.documentElement;
  const scheme = root.dataset.mantineColorScheme ?? "light";
  const known = colorsByScheme.get(scheme);
  if (known) return known;
  const style = getComputedStyle(root);
  const read = (name: string) => style.getPropertyValue(name).trim();
  const colors = {
    plate: read("--motif-plate"),
    line: read("--motif-line"),
    track: read("--motif-track"),
    power: read("--mantine-primary-color-filled"),
    text: read("--mantine-color-text"),
    base: read("--motif-warning"),
    ground: read("--motif-surface"),
    dimmed: read("--mantine-color-dimmed"),
  };
  colorsByScheme.set(scheme, colors);
  return colors;
}

let scratch:
  { readonly canvas: OffscreenCanvas; readonly image: ImageData } | undefined;

/** One tile's pixels, each of them one, to be drawn larger. */
function pictureOf(
  sheet: Sheet,
  kind: PictureKind,
  k: number,
  under: Uint8ClampedArray | null,
): OffscreenCanvas {
  const { width, height } = sheet;
  if (scratch?.canvas.width !== width || scratch.canvas.height !== height)
    scratch = {
      canvas: new OffscreenCanvas(width, height),
      image: new ImageData(width, height),
    };
  const { canvas, image } = scratch;
  drawPicture(sheet, kind, k, ramp, under, image.data);
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  return canvas;
}
