/** A whole gallery on one picture, as it is shown: its view, size, order and filter, in the page's colours. */
import { formatShare } from "../../../ui/format.ts";
import type { Backdrop } from "../backdrop.ts";
import { powerAt, type ChosenK } from "../chosen-k.ts";
import { drawTile, readColors, type DrawnTile } from "../draw-row.ts";
import { barGap, barHeight, layColumns } from "../gallery-layout.ts";
import {
  columnTitle,
  indexText,
  tileAt,
  type GridModel,
} from "../grid-model.ts";
import type { ClassRow } from "../order-classes.ts";
import { findSheet, wantSheet } from "../sheet-store.ts";
import type { PictureKind } from "../sheet.ts";
import {
  labelWidth,
  layPicture,
  margin,
  titleHeight,
} from "./picture-layout.ts";

export interface ShownGallery {
  readonly title: string;
  /** What its tiles show, in words. */
  readonly words: string;
  readonly models: readonly GridModel[];
  readonly classRows: readonly ClassRow[];
  readonly kind: PictureKind;
  readonly chosen: ChosenK;
  readonly side: number;
  readonly backdrop: Backdrop | null;
}

const foot =
  "Bar: predictive power; line in it: 95% interval; tick: base rate, the share predicted as the class without the pattern.";
/** Tiles whose sheets are fetched together. */
const tilesAtOnce = 24;

/**
 * @param onRow after each row, with how many are done
 * @returns a canvas, row after row with no more sheets in memory than a few rows need
 * @throws Error where a picture cannot hold so much, or a pattern cannot be had; the signal's reason
 */
export async function drawGallery(
  shown: ShownGallery,
  onRow: (done: number) => void,
  signal: AbortSignal,
): Promise<HTMLCanvasElement> {
  const { models, classRows, side } = shown;
  const { columns, width: rowWidth } = layColumns(
    models.map((model) => model.columns),
    side,
  );
  const headHeight = models.length > 1 ? 44 : 24;
  const layout = layPicture(classRows.length, rowWidth, side, headHeight);
  if (layout === null)
    throw new Error(
      `${classRows.length} classes of ${columns.length} tiles are more than a picture holds. Choose smaller tiles or filter classes; the HTML report has them all.`,
    );
  const { width, height, ratio } = layout;
  const canvas = document.createElement("canvas");
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext("2d");
  if (!context)
    throw new Error(
      `This browser cannot draw ${canvas.width} × ${canvas.height} pixels. Choose smaller tiles or filter classes.`,
    );
  const colors = readColors();
  const family = getComputedStyle(document.body).fontFamily;
  const write = (
    text: string,
    left: number,
    baseline: number,
    size: number,
    most: number,
    style: { readonly isBold?: boolean; readonly isDimmed?: boolean } = {},
  ) => {
    context.font = `${style.isBold ? 600 : 400} ${size}px ${family}`;
    context.fillStyle = style.isDimmed ? colors.dimmed : colors.text;
    context.fillText(shorten(context, text, most), left, baseline);
  };
  context.scale(ratio, ratio);
  context.imageSmoothingEnabled = false;
  context.fillStyle = colors.ground;
  context.fillRect(0, 0, width, height);
  const across = width - 2 * margin;
  write(shown.title, margin, margin + 18, 18, across, { isBold: true });
  write(shown.words, margin, margin + 38, 12, across, { isDimmed: true });
  write(foot, margin, height - margin, 11, across, { isDimmed: true });

  for (let block = 0; block < layout.blocks; block++) {
    const { left } = layout.placeOf(block * layout.rowsPerBlock);
    const baseline = margin + titleHeight + headHeight - 8;
    for (const column of columns) {
      const at = left + labelWidth + column.left;
      if (models.length > 1 && isFirst(column, columns))
        write(
          models[column.model]!.title,
          ...([at, baseline - 18, 13] as const),
          models[column.model]!.columns.length * (side + 8),
          { isBold: true },
        );
      write(columnTitle(column, models), at, baseline, 11, side, {
        isDimmed: true,
      });
    }
  }
  const rowsAtOnce = Math.max(1, Math.floor(tilesAtOnce / columns.length));
  for (let from = 0; from < classRows.length; from += rowsAtOnce) {
    const rows = classRows.slice(from, from + rowsAtOnce).map((classRow) => ({
      classRow,
      tiles: columns.map((column) => tileAt(models, classRow, column)),
    }));
    await fetchSheets(
      rows.flatMap(({ tiles }) => tiles),
      signal,
    );
    for (const [index, { classRow, tiles }] of rows.entries()) {
      const { left, top } = layout.placeOf(from + index);
      write(classRow.name, left, top + 16, 13, labelWidth - 12);
      write(indexText(classRow), left, top + 32, 11, labelWidth - 12, {
        isDimmed: true,
      });
      for (const tile of tiles) {
        const at = left + labelWidth + tile.column.left;
        context.save();
        context.translate(at, top);
        drawTile(context, tile, tile.column.left, {
          ...shown,
          width: side,
          className: classRow.name,
        });
        context.restore();
        write(
          wordsOf(tile, shown),
          at,
          top + side + barGap + barHeight + 13,
          11,
          side,
        );
      }
      onRow(from + index + 1);
    }
  }
  return canvas;
}

function wordsOf(
  { row, ks }: DrawnTile,
  { chosen, side }: ShownGallery,
): string {
  const power = row ? powerAt(row, ks, chosen) : null;
  if (!row || !power) return "";
  const share = formatShare(power.power, side < 80 ? 0 : 1);
  if (chosen !== "star") return share;
  return row.kStar === null ? `${share} no k*` : `${share} k* ${row.kStar}`;
}

const isFirst = <T extends { readonly model: number }>(
  column: T,
  columns: readonly T[],
): boolean => columns.find(({ model }) => model === column.model) === column;

/** @throws Error where one is not to be had: a picture with silent holes would say something else than the page does */
async function fetchSheets(
  tiles: readonly DrawnTile[],
  signal: AbortSignal,
): Promise<void> {
  const missing = await Promise.all(
    tiles.map(async ({ row }) => {
      if (!row || findSheet(row.id)) return false;
      return new Promise<boolean>((resolve, reject) => {
        const stop = wantSheet(row.id, (sheet) => {
          signal.removeEventListener("abort", giveUp);
          resolve(sheet === null);
        });
        const giveUp = () => {
          stop();
          reject(signal.reason as Error);
        };
        signal.addEventListener("abort", giveUp, { once: true });
      });
    }),
  );
  signal.throwIfAborted();
  const count = missing.filter(Boolean).length;
  if (count > 0)
    throw new Error(
      `The server did not send ${count === 1 ? "one of the patterns" : `${count} of the patterns`}. Try again once it is there.`,
    );
}

function shorten(
  context: CanvasRenderingContext2D,
  text: string,
  most: number,
): string {
  if (context.measureText(text).width <= most) return text;
  const characters = [...text];
  let [fits, tooLong] = [0, characters.length];
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    const part = `${characters.slice(0, middle).join("")}…`;
    if (context.measureText(part).width <= most) fits = middle;
    else tooLong = middle;
  }
  return `${characters.slice(0, fits).join("").trimEnd()}…`;
}
