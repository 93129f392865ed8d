/**
 * A class's tiles: their pictures on one canvas, since hundreds of small ones would cost every frame; what is said of each beneath it,
 * as text.
 */
import { useComputedColorScheme } from "@mantine/core";
import { memo, useEffect, useRef, useState } from "react";
import { formatInterval, formatShare } from "../../ui/format.ts";
import { powerAt, type ChosenK } from "./chosen-k.ts";
import { ramp } from "./color-ramp.ts";
import { captionHeight, type Column } from "./gallery-layout.ts";
import type { PatternRow } from "./pattern-rows.ts";
import { findSheet, wantSheet } from "./sheet-store.ts";
import {
  drawPicture,
  type Backdrop,
  type PictureKind,
  type Sheet,
} from "./sheet.ts";
import classes from "./gallery.module.css";

export interface Tile {
  readonly column: Column;
  readonly columnIndex: number;
  /** Undefined while it is not there; null where its search was not planned. */
  readonly row: PatternRow | null | undefined;
  readonly ks: readonly number[];
  /** @example "fashion-badnets, canvas 1" */
  readonly title: string;
}

interface TileRowProps {
  readonly rowIndex: number;
  readonly className: string;
  readonly tiles: readonly Tile[];
  readonly width: number;
  readonly side: number;
  readonly kind: PictureKind;
  readonly chosen: ChosenK;
  readonly backdrop: Backdrop | null;
  readonly activeColumn: number | null;
  readonly selectedColumn: number | null;
  readonly idOf: (rowIndex: number, columnIndex: number) => string;
  readonly onOpen: (rowIndex: number, columnIndex: number) => void;
}

export const TileRow = memo(function TileRow({
  rowIndex,
  className,
  tiles,
  width,
  side,
  kind,
  chosen,
  backdrop,
  activeColumn,
  selectedColumn,
  idOf,
  onOpen,
}: TileRowProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const version = useSheets(tiles);
  // Plates are drawn by CSS: only the choice of colours in the picture depends on the scheme.
  const scheme = useComputedColorScheme("light");
  useEffect(() => {
    if (canvas.current)
      drawRow(canvas.current, tiles, { width, side, kind, chosen, backdrop });
  }, [tiles, width, side, kind, chosen, backdrop, version, scheme]);
  return (
    <>
      <canvas ref={canvas} className={classes.pictures} aria-hidden="true" />
      {tiles.map(({ column, columnIndex, row, ks, title }) => {
        const shown = row ? powerAt(row, ks, chosen) : null;
        const state =
          row === undefined
            ? "not there yet"
            : row === null
              ? "not part of this search"
              : shown
                ? `${formatShare(shown.power)} at ${shown.k} pixels, 95% interval ${formatInterval(shown.low, shown.high)}, base rate ${formatShare(row.baseRate)}, ${row.kStar === null ? "no k*" : `k* ${row.kStar}`}`
                : "not measured at this size";
        return (
          <div
            key={columnIndex}
            id={idOf(rowIndex, columnIndex)}
            role="gridcell"
            aria-colindex={columnIndex + 2}
            aria-label={`${className}, ${title}: ${state}`}
            aria-selected={selectedColumn === columnIndex}
            data-active={activeColumn === columnIndex || undefined}
            data-state={row === undefined ? "waiting" : row ? "done" : "none"}
            className={classes.tile}
            style={{
              insetInlineStart: column.left,
              width: side,
              height: side + captionHeight,
            }}
            onClick={() => onOpen(rowIndex, columnIndex)}
          >
            <div className={classes.plate} style={{ height: side }} />
            {row && shown && (
              <div className={classes.caption} aria-hidden="true">
                <PowerBar
                  power={shown.power}
                  low={shown.low}
                  high={shown.high}
                  baseRate={row.baseRate}
                />
                <span>{formatShare(shown.power, side < 80 ? 0 : 1)}</span>
                <span className={classes.size}>
                  {chosen === "star"
                    ? row.kStar === null
                      ? "no k*"
                      : `k* ${row.kStar}`
                    : ""}
                </span>
              </div>
            )}
          </div>
        );
      })}
    </>
  );
});

/** Power with its interval, and a tick at the base rate. */
const PowerBar = memo(function PowerBar({
  power,
  low,
  high,
  baseRate,
}: {
  readonly power: number;
  readonly low: number;
  readonly high: number;
  readonly baseRate: number;
}) {
  return (
    <div className={classes.bar}>
      <div className={classes.power} style={{ width: `${power * 100}%` }} />
      <div
        className={classes.interval}
        style={{
          insetInlineStart: `${low * 100}%`,
          width: `${(high - low) * 100}%`,
        }}
      />
      <div
        className={classes.base}
        style={{ insetInlineStart: `${baseRate * 100}%` }}
      />
    </div>
  );
});

/** Asks for the sheets of what is shown. @returns another number whenever one has come */
function useSheets(tiles: readonly Tile[]): number {
  const [version, setVersion] = useState(0);
  const ids = tiles.map(({ row }) => row?.id ?? "").join();
  useEffect(() => {
    let frame = 0;
    // Several that come at once are one drawing.
    const come = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        setVersion((last) => last + 1);
      });
    };
    const stops = ids
      .split(",")
      .filter((id) => id !== "" && !findSheet(id))
      .map((id) => wantSheet(id, come));
    return () => {
      cancelAnimationFrame(frame);
      for (const stop of stops) stop();
    };
  }, [ids]);
  return version;
}

interface Drawing {
  readonly width: number;
  readonly side: number;
  readonly kind: PictureKind;
  readonly chosen: ChosenK;
  readonly backdrop: Backdrop | null;
}

let scratch: OffscreenCanvas | undefined;

function drawRow(
  canvas: HTMLCanvasElement,
  tiles: readonly Tile[],
  { width, side, kind, chosen, backdrop }: Drawing,
): void {
  const first = tiles[0]?.column.left ?? 0;
  const last = tiles.at(-1)?.column.left ?? 0;
  const ratio = window.devicePixelRatio || 1;
  // Only as wide as what is mounted; rows of forty tiles are mostly out of sight.
  const shown = Math.min(width, last + side) - first;
  const [pixelWidth, pixelHeight] = [
    Math.max(1, Math.round(shown * ratio)),
    Math.round(side * ratio),
  ];
  if (canvas.width !== pixelWidth) canvas.width = pixelWidth;
  if (canvas.height !== pixelHeight) canvas.height = pixelHeight;
  canvas.style.width = `${shown}px`;
  canvas.style.height = `${side}px`;
  canvas.style.insetInlineStart = `${first}px`;
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.imageSmoothingEnabled = false;
  context.clearRect(0, 0, shown, side);
  for (const { row, ks, column } of tiles) {
    const sheet = row && findSheet(row.id);
    if (!row || !sheet) continue;
    const k = powerAt(row, ks, chosen)?.k ?? 0;
    const picture = pictureOf(sheet, kind, k, backdrop);
    context.drawImage(
      picture,
      0,
      0,
      sheet.width,
      sheet.height,
      column.left - first,
      0,
      side,
      side,
    );
  }
}

function pictureOf(
  sheet: Sheet,
  kind: PictureKind,
  k: number,
  backdrop: Backdrop | null,
): OffscreenCanvas {
  const { width, height } = sheet;
  scratch ??= new OffscreenCanvas(width, height);
  if (scratch.width !== width) scratch.width = width;
  if (scratch.height !== height) scratch.height = height;
  const context = scratch.getContext("2d")!;
  const image = context.createImageData(width, height);
  drawPicture(sheet, kind, k, ramp, backdrop, image.data);
  context.putImageData(image, 0, 0);
  return scratch;
}
