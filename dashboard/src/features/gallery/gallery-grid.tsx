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
  groupGap,
  layColumns,
  tileGap,
  type Column,
} from "./gallery-layout.ts";
import type { GalleryCell } from "./gallery-model.ts";
import classes from "./gallery.module.css";
import type { ClassRow } from "./order-classes.ts";
import {
  placeKey,
  type PatternPlace,
  type PatternRow,
  type PatternRows,
} from "./pattern-rows.ts";
import { restSheets } from "./sheet-store.ts";
import type { PictureKind } from "./sheet.ts";
import { TileRow, type Tile } from "./tile-row.tsx";

export interface GridModel {
  readonly title: string;
  readonly rows: PatternRows;
  readonly columns: readonly {
    readonly canvasIndex: number;
    readonly seed: number;
  }[];
  /** Whether a search was planned; those that were and are not there are waited for. */
  readonly isPlanned: (place: PatternPlace) => boolean;
}

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
      <Head
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
        <Labels
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

/** Names of classes, in one column that stays while the rest moves sideways; for who reads aloud each row has its own. */
const Labels = ({
  classRows,
  items,
  width,
  height,
  side,
}: {
  readonly classRows: readonly ClassRow[];
  readonly items: readonly { readonly index: number; readonly start: number }[];
  readonly width: number;
  readonly height: number;
  readonly side: number;
}) => (
  <div className={classes.labels} aria-hidden="true" style={{ width, height }}>
    {items.map(({ index, start }) => (
      <div
        key={index}
        className={classes.label}
        style={{ top: start + tileGap, height: side }}
      >
        <span className={classes.labelName} dir="auto">
          {classRows[index]!.name}
        </span>
        <span className={classes.labelIndex}>
          {indexText(classRows[index]!)}
        </span>
      </div>
    ))}
  </div>
);

const clamp = (place: number, count: number): number =>
  Math.min(Math.max(0, place), Math.max(0, count - 1));

/** Class numbers; one where the models agree. */
function indexText({ indices }: ClassRow): string {
  const known = new Set(indices.filter((index) => index !== undefined));
  return `class ${[...known].join(", ")}`;
}

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
        const targetClass = classRow.indices[column.model];
        return {
          column,
          columnIndex,
          ks: model.rows.ks,
          row:
            targetClass === undefined
              ? null
              : rowAt(model, { ...column, targetClass }),
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

function rowAt(
  { rows, isPlanned }: GridModel,
  place: PatternPlace,
): PatternRow | null | undefined {
  return (
    rows.byPlace.get(placeKey(place)) ?? (isPlanned(place) ? undefined : null)
  );
}

/** Seeds are named where there are several. */
function columnTitle(
  {
    canvasIndex,
    seed,
  }: { readonly canvasIndex: number; readonly seed: number },
  models: readonly GridModel[],
): string {
  const hasSeeds = models.some(({ columns }) =>
    columns.some((other) => other.seed !== columns[0]?.seed),
  );
  return hasSeeds
    ? `canvas ${canvasIndex}, seed ${seed}`
    : `canvas ${canvasIndex}`;
}

function Head({
  models,
  columns,
  mounted,
  side,
  width,
  labelWidth,
  height,
}: {
  readonly models: readonly GridModel[];
  readonly columns: readonly Column[];
  readonly mounted: readonly number[];
  readonly side: number;
  readonly width: number;
  readonly labelWidth: number;
  readonly height: number;
}) {
  return (
    <div
      className={classes.head}
      style={{ height, width: width + labelWidth + tileGap }}
      role="rowgroup"
    >
      <div role="row" aria-rowindex={1} style={{ display: "flex", height }}>
        <div
          role="columnheader"
          aria-colindex={1}
          className={classes.corner}
          style={{
            width: labelWidth,
            flex: "none",
            height: height - 1,
            alignContent: "end",
            paddingBottom: 4,
            fontSize: 11,
          }}
        >
          Class
        </div>
        <div style={{ position: "relative", width }} role="presentation">
          {models.length > 1 &&
            models.map(({ title }, model) => {
              const own = columns.filter((column) => column.model === model);
              if (own.length === 0) return null;
              const left = own[0]!.left;
              return (
                <div
                  key={model}
                  className={classes.groupTitle}
                  role="presentation"
                  style={{
                    insetInlineStart: left,
                    maxWidth:
                      own.at(-1)!.left + side - left + groupGap - tileGap,
                  }}
                  dir="auto"
                  title={title}
                >
                  {title}
                </div>
              );
            })}
          {mounted.map((index) => {
            const column = columns[index]!;
            const text = columnTitle(column, models);
            return (
              <div
                key={index}
                role="columnheader"
                aria-colindex={index + 2}
                aria-label={
                  models.length > 1
                    ? `${models[column.model]!.title}, ${text}`
                    : text
                }
                className={classes.columnTitle}
                style={{ insetInlineStart: column.left, width: side }}
              >
                {text}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
