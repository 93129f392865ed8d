/** The patterns of a job as they become known: by REST with their curves, before that by an event with k* alone. Pure. */
import type { StreamEvent } from "../../live/stream-event.ts";
import type { CellPattern } from "./cells.ts";
import { itemsOf, type PatternItem } from "./job-updates.ts";
import type { PatternPage } from "./job-types.ts";

export interface KnownPatterns {
  readonly ks: readonly number[];
  /** Share of the image that each k is. */
  readonly fractions: readonly number[];
  /** [C, H, W]; empty while there is no pattern. */
  readonly imageShape: readonly number[];
  readonly patterns: readonly CellPattern[];
}

export const keyOf = ({
  targetClass,
  canvasIndex,
  seed,
}: Pick<CellPattern, "targetClass" | "canvasIndex" | "seed">): string =>
  `${targetClass}.${canvasIndex}.${seed}`;

export function addPatterns(
  known: KnownPatterns,
  events: readonly StreamEvent[],
): KnownPatterns {
  const have = new Set(known.patterns.map(keyOf));
  const added = events
    .filter(({ type }) => type === "patterns")
    .flatMap(({ body }) => itemsOf<PatternItem>(body))
    .filter((item) => !have.has(keyOf(item)))
    .map((item) => ({ ...item, power: [] }));
  return added.length === 0
    ? known
    : { ...known, patterns: [...known.patterns, ...added] };
}

/** @param page of some shards, with their curves */
export function mergePage(
  known: KnownPatterns,
  page: PatternPage,
): KnownPatterns {
  const byKey = new Map(known.patterns.map((each) => [keyOf(each), each]));
  for (const pattern of page.patterns) byKey.set(keyOf(pattern), pattern);
  const isFirst = known.ks.length === 0;
  return {
    ks: isFirst ? page.ks : known.ks,
    fractions: isFirst ? page.fractions : known.fractions,
    imageShape: isFirst ? page.imageShape : known.imageShape,
    patterns: [...byKey.values()],
  };
}
