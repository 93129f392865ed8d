/** The classes of a gallery in the order in which they are shown. Pure. */
import type { PatternRow, PatternRows } from "./pattern-rows.ts";

export const sortKeys = ["class", "power", "kStar"] as const;
export type SortKey = (typeof sortKeys)[number];

/** A row of a gallery: a class, and its index in each of the models that stand side by side. */
export interface ClassRow {
  readonly name: string;
  /** Undefined where a model has no such class. */
  readonly indices: readonly (number | undefined)[];
}

/** Classes of several models, matched by name: those of the first in their order, then what only others have. */
export function matchClasses(
  classNames: readonly (readonly string[])[],
): readonly ClassRow[] {
  const byName = new Map<string, (number | undefined)[]>();
  classNames.forEach((names, model) => {
    const seen = new Map<string, number>();
    names.forEach((name, index) => {
      // Two classes of one name stay two rows.
      const count = seen.get(name) ?? 0;
      seen.set(name, count + 1);
      const key = `${count}:${name}`;
      const row =
        byName.get(key) ??
        Array.from<number | undefined>({ length: classNames.length });
      row[model] = index;
      byName.set(key, row);
    });
  });
  return [...byName].map(([key, indices]) => ({
    name: key.slice(key.indexOf(":") + 1),
    indices,
  }));
}

/**
 * @param rows of the model whose patterns decide
 * @param model its place in `indices`
 * @param at index of k in its curves
 */
export function orderClasses(
  classes: readonly ClassRow[],
  rows: PatternRows,
  model: number,
  sort: SortKey,
  at: number,
): readonly ClassRow[] {
  if (sort === "class") return classes;
  const score = scoreByClass(rows, sort, at);
  const scoreOf = ({ indices }: ClassRow) => {
    const index = indices[model];
    return (index === undefined ? undefined : score.get(index)) ?? -Infinity;
  };
  // Array.sort is stable: equals stay in the order of classes.
  return [...classes].sort((a, b) => compare(scoreOf(b), scoreOf(a)));
}

const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

/** The best of each class's patterns; larger is better. */
function scoreByClass(
  { byPlace }: PatternRows,
  sort: Exclude<SortKey, "class">,
  at: number,
): ReadonlyMap<number, number> {
  const best = new Map<number, number>();
  const scoreOf = ({ power, kStar }: PatternRow) =>
    sort === "power" ? (power[at] ?? 0) : kStar === null ? -1e9 : -kStar;
  for (const row of byPlace.values()) {
    const score = scoreOf(row);
    if (score > (best.get(row.targetClass) ?? -Infinity))
      best.set(row.targetClass, score);
  }
  return best;
}

/** @param text part of a name, or an index */
export function filterClasses(
  classes: readonly ClassRow[],
  text: string,
): readonly ClassRow[] {
  const wanted = text.trim().toLocaleLowerCase();
  if (wanted === "") return classes;
  return classes.filter(
    ({ name, indices }) =>
      name.toLocaleLowerCase().includes(wanted) ||
      indices.some((index) => String(index) === wanted),
  );
}
