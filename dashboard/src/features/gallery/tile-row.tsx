/**
 * A class's tiles: their pictures and bars on one canvas, since hundreds of small elements would cost every frame; what is said of each
 * as text beneath it.
 */
import { useComputedColorScheme } from "@mantine/core";
import { memo, useEffect, useRef } from "react";
import { formatInterval, formatShare } from "../../ui/format.ts";
import type { Backdrop } from "./backdrop.ts";
import { powerAt, type ChosenK } from "./chosen-k.ts";
import { drawArrival, drawRow, type DrawnTile } from "./draw-row.ts";
import { captionHeight } from "./gallery-layout.ts";
import { findSheet, wantSheet } from "./sheet-store.ts";
import type { PictureKind } from "./sheet.ts";
import classes from "./gallery.module.css";

export interface Tile extends DrawnTile {
  readonly columnIndex: number;
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
  // What is drawn has the scheme's colours.
  const scheme = useComputedColorScheme("light");
  useEffect(() => {
    const drawn = canvas.current;
    if (!drawn) return undefined;
    const drawing = { width, side, kind, chosen, className, backdrop };
    drawRow(drawn, tiles, drawing);
    const stops = tiles.flatMap((tile) =>
      tile.row && !findSheet(tile.row.id)
        ? wantSheet(tile.row.id, () => drawArrival(drawn, tiles, tile, drawing))
        : [],
    );
    return () => {
      for (const stop of stops) stop();
    };
  }, [tiles, width, side, kind, chosen, className, backdrop, scheme]);
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
            {row && shown && formatShare(shown.power, side < 80 ? 0 : 1)}
            {row && shown && chosen === "star" && (
              <span className={classes.size}>
                {row.kStar === null ? "no k*" : `k* ${row.kStar}`}
              </span>
            )}
          </div>
        );
      })}
    </>
  );
});
