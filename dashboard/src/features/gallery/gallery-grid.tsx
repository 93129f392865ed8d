/**
 * Class × canvas of one search, or of several side by side: a grid of which only what is in sight is there. The keyboard stays on the
 * grid itself and moves an active cell (WAI-ARIA grid with aria-activedescendant).
 */
import { useElementSize, useMediaQuery } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  useCallback,
  useId,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
} from "react";
import type { Backdrop } from "./backdrop.ts";
import type { ChosenK } from "./chosen-k.ts";
import {
  captionHeight,
  columnsBetween,
  layColumns,
  tileGap,
  type Column,
} from "./gallery-layout.ts";
import type { GalleryCell } from "./gallery-model.ts";
import classes from "./gallery.module.css";
import { GridHead } from "./grid-head.tsx";
import { GridLabels } from "./grid-labels.tsx";
import {
  columnTitle,
  indexText,
  tileAt,
  type GridModel,
} from "./grid-model.ts";
import type { ClassRow } from "./order-classes.ts";
import { restSheets } from "./sheet-store.ts";
import type { PictureKind } from "./sheet.ts";
import { TileRow, type Tile } from "./tile-row.tsx";

interface GalleryGridProps {
  /** Of the whole grid, for who does not see it. */
  readonly label: string;
  readonly models: readonly GridModel[];
  readonly classRows: readonly ClassRow[];
  readonly kind: PictureKind;
  readonly chosen: ChosenK;
  /** Of a picture, CSS pixels. */
  readonly side: number;
  readonly backdrop: Backdrop | null;
  readonly selected: GalleryCell | null;
  readonly onOpen: (cell: GalleryCell) => void;
  /** Keys that are not the grid's. */
  readonly onKey: (key: string) => void;
}

/** Beside what is in sight, so that scrolling shows no gaps; CSS pixels across. */
const overscanWidth = 240;
const overscanRows = 3;
/** Too fast to look at pictures; CSS pixels a millisecond. */
const flingSpeed = 2.5;
/** Classes of which no row is ever out of the page. */
const shownWhole = 24;

export function GalleryGrid({
  label,
  models,
  classRows,
  kind,
  chosen,
  side,
  backdrop,
  selected,
  onOpen,
  onKey,
}: GalleryGridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const { ref: measure, width: viewWidth } = useElementSize();
  const [scrollLeft, setScrollLeft] = useState(0);
  const lastScroll = useRef({ top: 0, at: 0 });
  const [active, setActive] = useState({ row: 0, column: 0 });
  const gridId = useId();
  const { columns, width } = useMemo(
    () =>
      layColumns(
        models.map((model) => model.columns),
        side,
      ),
    [models, side],
  );
  const labelWidth = useMediaQuery("(max-width: 48em)", false) ? 92 : 168;
  const rowHeight = side + captionHeight + tileGap + 4;
  const headHeight = models.length > 1 ? 48 : 28;
  const virtualizer = useVirtualizer({
    count: classRows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: overscanRows,
    getItemKey: (index) => index,
  });
  virtualizer.shouldAdjustScrollPositionOnItemSizeChange = () => false;
  const mounted = useMemo(
    () =>
      columnsBetween(
        columns,
        side,
        scrollLeft - overscanWidth,
        scrollLeft + Math.max(viewWidth - labelWidth, 0) + overscanWidth,
      ),
    [columns, side, scrollLeft, viewWidth, labelWidth],
  );
  const idOf = useCallback(
    (row: number, column: number) => `${gridId}-${row}-${column}`,
    [gridId],
  );
  const open = useCallback(
    (rowIndex: number, columnIndex: number) => {
      setActive({ row: rowIndex, column: columnIndex });
      const column = columns[columnIndex];
      const targetClass = column && classRows[rowIndex]?.indices[column.model];
      if (column && targetClass !== undefined)
        onOpen({
          model: column.model,
          targetClass,
          canvasIndex: column.canvasIndex,
          seed: column.seed,
        });
    },
    [columns, classRows, onOpen],
  );
  const move = (row: number, column: number) => {
    const next = {
      row: clamp(row, classRows.length),
      column: clamp(column, columns.length),
    };
    setActive(next);
    // With a pattern open beside the grid, its neighbours are a key away.
    if (selected) open(next.row, next.column);
    virtualizer.scrollToIndex(next.row);
    const place = columns[next.column];
    const view = scroller.current;
    if (!place || !view) return;
    const room = view.clientWidth - labelWidth;
    if (place.left < view.scrollLeft) view.scrollLeft = place.left;
    else if (place.left + side > view.scrollLeft + room)
      view.scrollLeft = place.left + side - room;
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(
      1,
      Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 1,
    );
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowDown: [active.row + 1, active.column],
      ArrowUp: [active.row - 1, active.column],
      ArrowRight: [active.row, active.column + 1],
      ArrowLeft: [active.row, active.column - 1],
      PageDown: [active.row + page, active.column],
      PageUp: [active.row - page, active.column],
      Home: [active.row, 0],
      End: [active.row, columns.length - 1],
    };
    const to = moves[event.key];
    if (to) move(...to);
    else if (event.key === "Enter" || event.key === " ")
      open(active.row, active.column);
    else return onKey(event.key);
    event.preventDefault();
  };
  const items = virtualizer.getVirtualItems();
  const height = virtualizer.getTotalSize() + headHeight;
  return (
    <div
      ref={(element) => {
        scroller.current = element;
        measure(element);
      }}
      className={classes.scroller}
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={classRows.length + 1}
      aria-colcount={columns.length + 1}
      aria-activedescendant={
        classRows.length > 0 && mounted.includes(active.column)
          ? idOf(active.row, active.column)
          : undefined
      }
      style={{
        // A few classes are all there at once; many scroll in a box of their own.
        ...(classRows.length > shownWhole && { maxHeight: "max(420px, 86vh)" }),
        height: height + 2,
        // Never wider than what is in it, with room for a scroll bar.
        width: width + labelWidth + tileGap + 18,
        ["--gallery-side" as string]: `${side}px`,
      }}
      onKeyDown={press}
      onScroll={({ currentTarget, timeStamp }) => {
        setScrollLeft(currentTarget.scrollLeft);
        const { top, at } = lastScroll.current;
        lastScroll.current = { top: currentTarget.scrollTop, at: timeStamp };
        const speed =
          Math.abs(currentTarget.scrollTop - top) / (timeStamp - at);
        if (speed > flingSpeed) restSheets();
      }}
    >
      <GridHead
        models={models}
        columns={columns}
        mounted={mounted}
        side={side}
        width={width}
        labelWidth={labelWidth}
        height={headHeight}
      />
      <div
        style={{
          position: "relative",
          height: virtualizer.getTotalSize(),
          width: width + labelWidth + tileGap,
        }}
        role="rowgroup"
      >
        <GridLabels
          classRows={classRows}
          items={items}
          width={labelWidth}
          height={virtualizer.getTotalSize()}
          side={side}
        />
        {items.map(({ index, start }) => {
          const classRow = classRows[index]!;
          return (
            <div
              key={index}
              role="row"
              aria-rowindex={index + 2}
              className={classes.row}
              style={{
                top: start + tileGap,
                insetInlineStart: labelWidth,
                height: rowHeight - tileGap,
              }}
            >
              <div
                role="rowheader"
                aria-colindex={1}
                className={classes.hidden}
              >
                {classRow.name} {indexText(classRow)}
              </div>
              <div
                className={classes.tiles}
                style={{ width }}
                role="presentation"
              >
                <Tiles
                  models={models}
                  classRow={classRow}
                  columns={columns}
                  mounted={mounted}
                  rowIndex={index}
                  width={width}
                  side={side}
                  kind={kind}
                  chosen={chosen}
                  backdrop={backdrop}
                  activeColumn={active.row === index ? active.column : null}
                  selected={selected}
                  idOf={idOf}
                  onOpen={open}
                />
              </div>
            </div>
          );
        })}
      </div>
    </div>
  );
}

const clamp = (place: number, count: number): number =>
  Math.min(Math.max(0, place), Math.max(0, count - 1));

function Tiles({
  models,
  classRow,
  columns,
  mounted,
  selected,
  ...rest
}: {
  readonly models: readonly GridModel[];
  readonly classRow: ClassRow;
  readonly columns: readonly Column[];
  readonly mounted: readonly number[];
  readonly selected: GalleryCell | null;
} & Omit<
  Parameters<typeof TileRow>[0],
  "tiles" | "className" | "selectedColumn"
>) {
  const tiles = useMemo(
    () =>
      mounted.map((columnIndex): Tile => {
        const column = columns[columnIndex]!;
        const model = models[column.model]!;
        return {
          ...tileAt(models, classRow, column),
          columnIndex,
          title: `${models.length > 1 ? `${model.title}, ` : ""}${columnTitle(column, models)}`,
        };
      }),
    [models, classRow, columns, mounted],
  );
  const selectedColumn = columns.findIndex(
    ({ model, canvasIndex, seed }) =>
      selected !== null &&
      model === selected.model &&
      canvasIndex === selected.canvasIndex &&
      seed === selected.seed &&
      classRow.indices[model] === selected.targetClass,
  );
  return (
    <TileRow
      tiles={tiles}
      className={classRow.name}
      selectedColumn={selectedColumn === -1 ? null : selectedColumn}
      {...rest}
    />
  );
}
