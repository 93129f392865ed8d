/**
 * A grid of cells, drawn on a canvas so that ten thousand are as quick as twenty. One link lies over the cell that is pointed at or
 * that the keyboard is on: it carries the cell's words and leads to what the cell is of.
 */
import {
  Box,
  Tooltip,
  useComputedColorScheme,
  VisuallyHidden,
} from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import Link from "next/link";
import { useRouter } from "next/navigation";
import {
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
} from "react";
import type { Cell, Grid } from "./cells.ts";
import styles from "./cell-grid.module.css";
import { drawGrid, type CellLook, type Inks } from "./draw-grid.ts";
import {
  layOut,
  moveBy,
  placeAt,
  rectangleOf,
  type Place,
} from "./grid-layout.ts";

export interface CellGridProps {
  readonly grid: Grid;
  /** What it shows, for whoever does not see it. */
  readonly label: string;
  readonly look: (cell: Cell) => CellLook;
  readonly describe: (cell: Cell) => string;
  readonly hrefOf: (cell: Cell) => string;
  /** Of one of `grid.columns`. */
  readonly columnName: (value: number) => string;
  readonly canvasRef?: RefObject<HTMLCanvasElement | null>;
}

export function CellGrid({
  grid,
  label,
  look,
  describe,
  hrefOf,
  columnName,
  canvasRef,
}: CellGridProps) {
  const { ref: box, width } = useElementSize();
  const ownRef = useRef<HTMLCanvasElement>(null);
  const canvas = canvasRef ?? ownRef;
  const scheme = useComputedColorScheme("light");
  const router = useRouter();
  const hint = useId();
  const [active, setActive] = useState<Place>({ column: 0, row: 0 });
  const [isPointed, setPointed] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const [said, setSaid] = useState("");

  const columns = grid.columns.length;
  const rows = grid.rows.length;
  const layout = useMemo(
    () => layOut({ columns, rows }, Math.max(200, width)),
    [columns, rows, width],
  );
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [layout.width * ratio, layout.height * ratio].map(
      Math.round,
    );
    if (element.width !== w) element.width = w!;
    if (element.height !== h) element.height = h!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawGrid(context, grid, layout, look, columnName, inksOf(element));
  }, [grid, layout, look, columnName, scheme, width, canvas]);

  const cellAt = ({ column, row }: Place): Cell | null =>
    grid.cells[row * columns + column] ?? null;
  const at: Place = {
    column: Math.min(active.column, columns - 1),
    row: Math.min(active.row, rows - 1),
  };
  const cell = cellAt(at);
  const place = rectangleOf(layout, at);
  const words = cell ? describe(cell) : "Nothing is planned here";

  const placeOf = ({ clientX, clientY }: MouseEvent): Place | null => {
    const bounds = canvas.current?.getBoundingClientRect();
    return bounds
      ? placeAt(layout, clientX - bounds.left, clientY - bounds.top)
      : null;
  };
  const point = (event: MouseEvent) => {
    const pointed = placeOf(event);
    setPointed(pointed !== null && cellAt(pointed) !== null);
    if (pointed && cellAt(pointed)) setActive(pointed);
  };
  const press = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const next = moveBy(layout, at, event.key);
    if (!next) return;
    event.preventDefault();
    setActive(next);
    const reached = cellAt(next);
    setSaid(reached ? describe(reached) : "Nothing is planned here");
  };

  return (
    <Box
      ref={box}
      role="group"
      aria-label={label}
      className={styles.box}
      onPointerMove={point}
      onPointerLeave={() => setPointed(false)}
    >
      <VisuallyHidden id={hint}>
        Arrow keys move from cell to cell, Enter opens what the cell is of.
      </VisuallyHidden>
      <canvas
        ref={canvas}
        aria-hidden="true"
        className={styles.canvas}
        style={{ width: layout.width, height: layout.height }}
        onClick={(event) => {
          const clicked = placeOf(event);
          const of = clicked && cellAt(clicked);
          if (of) router.push(hrefOf(of));
        }}
      />
      <Tooltip
        label={words}
        opened={isPointed || isFocused}
        multiline
        maw={320}
        events={{ hover: false, focus: false, touch: false }}
      >
        <Link
          href={cell ? hrefOf(cell) : "#"}
          prefetch={false}
          aria-label={words}
          aria-describedby={hint}
          className={styles.active}
          data-pointed={isPointed || undefined}
          style={{
            transform: `translate(${place.x}px, ${place.y}px)`,
            width: place.width,
            height: place.height,
          }}
          onKeyDown={press}
          onFocus={(event) =>
            setFocused(event.currentTarget.matches(":focus-visible"))
          }
          onBlur={() => {
            setFocused(false);
            setSaid("");
          }}
        />
      </Tooltip>
      <VisuallyHidden aria-live="polite">{said}</VisuallyHidden>
    </Box>
  );
}

function inksOf(element: HTMLElement): Inks {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: of("--mantine-color-text"),
    dimmed: of("--mantine-color-dimmed"),
    line: of("--motif-grid-line"),
    plate: of("--motif-plate"),
    work: of("--motif-grid-work"),
    failure: of("--motif-failure"),
    warning: of("--motif-warning"),
  };
}
