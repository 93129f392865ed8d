/** A search job as a grid: a cell a class and canvas, filled by the shards that work on it and the patterns that came of them. Pure. */
import type { Shard } from "../../api/types.ts";
import type { PatternRow } from "../gallery/pattern-rows.ts";

export type CellState =
  "waiting" | "working" | "done" | "retrying" | "dead" | "cancelled";

/** What a cell shows of a pattern. */
export type CellPattern = Pick<
  PatternRow,
  "targetClass" | "canvasIndex" | "seed" | "kStar" | "power"
>;

export interface Cell {
  /** Where it stands: classes are columns, canvases rows. */
  readonly column: number;
  readonly row: number;
  readonly state: CellState;
  /** 0…1, of all its searches. */
  readonly done: number;
  /** Searches of the cell (one a seed), and how many have a pattern. */
  readonly searches: number;
  readonly found: number;
  /** The best of its seeds: smallest k*, then greatest power. */
  readonly best: CellPattern | null;
  /** Shards that hold its searches. */
  readonly shards: readonly number[];
}

export interface Grid {
  /** Target classes, ascending; or shard indices. */
  readonly columns: readonly number[];
  /** Canvas indices, ascending; one row where there are none. */
  readonly rows: readonly number[];
  /** Row after row; null where nothing is planned. */
  readonly cells: readonly (Cell | null)[];
}

type GridShard = Pick<Shard, "index" | "status" | "done" | "searches">;

export function searchGrid(
  shards: readonly GridShard[],
  patterns: Iterable<CellPattern>,
): Grid {
  const searches = shards.flatMap((shard) =>
    (shard.searches ?? []).map((search) => ({ search, shard })),
  );
  const columns = ascending(searches.map(({ search }) => search.targetClass));
  const rows = ascending(searches.map(({ search }) => search.canvasIndex));
  const columnOf = new Map(columns.map((value, i) => [value, i]));
  const rowOf = new Map(rows.map((value, i) => [value, i]));
  const drafts: (Draft | null)[] = Array.from(
    { length: columns.length * rows.length },
    () => null,
  );
  for (const { search, shard } of searches) {
    const column = columnOf.get(search.targetClass)!;
    const row = rowOf.get(search.canvasIndex)!;
    const draft = (drafts[row * columns.length + column] ??= {
      column,
      row,
      shards: [],
      patterns: [],
    });
    draft.shards.push(shard);
  }
  for (const pattern of patterns) {
    const column = columnOf.get(pattern.targetClass);
    const row = rowOf.get(pattern.canvasIndex);
    if (column === undefined || row === undefined) continue;
    drafts[row * columns.length + column]?.patterns.push(pattern);
  }
  return {
    columns,
    rows,
    cells: drafts.map((draft) => draft && cellOf(draft)),
  };
}

/** A strip: a cell a shard. */
export function shardGrid(shards: readonly GridShard[]): Grid {
  return {
    columns: shards.map(({ index }) => index),
    rows: [0],
    cells: shards.map((shard, column) => ({
      column,
      row: 0,
      state: stateOf([shard], 1, 0),
      done: shard.done,
      searches: 1,
      found: shard.status === "SUCCEEDED" ? 1 : 0,
      best: null,
      shards: [shard.index],
    })),
  };
}

interface Draft {
  readonly column: number;
  readonly row: number;
  /** One a search, so that a shard with two of the cell's seeds is there twice. */
  readonly shards: GridShard[];
  readonly patterns: CellPattern[];
}

function cellOf({ column, row, shards, patterns }: Draft): Cell {
  const searches = shards.length;
  const done =
    shards.reduce(
      (sum, { status, done }) => sum + (status === "SUCCEEDED" ? 1 : done),
      0,
    ) / searches;
  return {
    column,
    row,
    state: stateOf(shards, searches, patterns.length),
    done: patterns.length >= searches ? 1 : done,
    searches,
    found: patterns.length,
    best: patterns.length === 0 ? null : patterns.reduce(better),
    shards: [...new Set(shards.map(({ index }) => index))],
  };
}

/** What most wants to be seen comes first: a fault, then work, then what waits. */
function stateOf(
  shards: readonly GridShard[],
  searches: number,
  found: number,
): CellState {
  if (found >= searches) return "done";
  const has = (...statuses: readonly Shard["status"][]) =>
    shards.some(({ status }) => statuses.includes(status));
  if (has("DEAD")) return "dead";
  if (has("LEASED", "RUNNING")) return "working";
  if (has("RETRY")) return "retrying";
  if (has("PENDING", "QUEUED")) return "waiting";
  if (has("CANCELLED")) return "cancelled";
  return "done";
}

export function better(a: CellPattern, b: CellPattern): CellPattern {
  const [kA, kB] = [a.kStar ?? Infinity, b.kStar ?? Infinity];
  if (kA !== kB) return kA < kB ? a : b;
  return (b.power.at(-1) ?? 0) > (a.power.at(-1) ?? 0) ? b : a;
}

const ascending = (values: readonly number[]): readonly number[] =>
  [...new Set(values)].sort((a, b) => a - b);

/** How many cells there are of each state, for the words that stand for the picture. */
export function countStates(grid: Grid): Readonly<Record<CellState, number>> {
  const counts = {
    waiting: 0,
    working: 0,
    done: 0,
    retrying: 0,
    dead: 0,
    cancelled: 0,
  };
  for (const cell of grid.cells) if (cell) counts[cell.state]++;
  return counts;
}
