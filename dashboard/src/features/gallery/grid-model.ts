/** What stands in the rows and columns of a gallery's grid. Pure. */
import type { Column } from "./gallery-layout.ts";
import type { DrawnTile } from "./draw-row.ts";
import type { ClassRow } from "./order-classes.ts";
import {
  placeKey,
  type PatternPlace,
  type PatternRow,
  type PatternRows,
} from "./pattern-rows.ts";

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

/** @returns the tile of a class in a column */
export function tileAt(
  models: readonly GridModel[],
  { indices }: ClassRow,
  column: Column,
): DrawnTile {
  const model = models[column.model]!;
  const targetClass = indices[column.model];
  return {
    column,
    ks: model.rows.ks,
    row:
      targetClass === undefined
        ? null
        : rowAt(model, { ...column, targetClass }),
  };
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
export function columnTitle(
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

/** Class numbers; one where the models agree. */
export function indexText({ indices }: ClassRow): string {
  const known = new Set(indices.filter((index) => index !== undefined));
  return `class ${[...known].join(", ")}`;
}
