/** The patterns of one search as a gallery holds them: by their place, complete or still coming. Pure. */

/** Where a pattern stands in a gallery; one search each. */
export interface PatternPlace {
  readonly targetClass: number;
  readonly canvasIndex: number;
  readonly seed: number;
}

export interface PatternRow extends PatternPlace {
  readonly id: string;
  /** Smallest k that reaches the search's threshold; null where none does. */
  readonly kStar: number | null;
  readonly maskL1: number;
  /** Images that it was tried on. */
  readonly n: number;
  readonly baseRate: number;
  /** One a k; null where it was not measured. */
  readonly power: readonly (number | null)[];
  /** Bounds of the 95% interval. */
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

export interface PatternRows {
  /** Pixel counts of the curves, ascending. */
  readonly ks: readonly number[];
  /** Share of the image that each is. */
  readonly fractions: readonly number[];
  /** [C, H, W]. */
  readonly imageShape: readonly number[];
  readonly byPlace: ReadonlyMap<string, PatternRow>;
}

export const noRows: PatternRows = {
  ks: [],
  fractions: [],
  imageShape: [],
  byPlace: new Map(),
};

/** @example "3.0.0", as addresses have it */
export const placeKey = ({
  targetClass,
  canvasIndex,
  seed,
}: PatternPlace): string => `${targetClass}.${canvasIndex}.${seed}`;

/** @returns null for what is no place */
export function parsePlace(text: string | undefined): PatternPlace | null {
  const parts = /^(\d{1,7})\.(\d{1,7})\.(\d{1,10})$/.exec(text ?? "");
  return parts
    ? {
        targetClass: Number(parts[1]),
        canvasIndex: Number(parts[2]),
        seed: Number(parts[3]),
      }
    : null;
}

/** In the order of REST: classes, canvases, seeds. */
export const comparePlaces = (a: PatternPlace, b: PatternPlace): number =>
  a.targetClass - b.targetClass ||
  a.canvasIndex - b.canvasIndex ||
  a.seed - b.seed;

type Page = Omit<PatternRows, "byPlace"> & {
  readonly patterns: readonly PatternRow[];
};

/** What is there with what came. A page without curves (nothing is done yet) leaves them as they are. */
export function mergePage(rows: PatternRows, page: Page): PatternRows {
  const byPlace = new Map(rows.byPlace);
  for (const pattern of page.patterns) byPlace.set(placeKey(pattern), pattern);
  const facts = page.ks.length > 0 ? page : rows;
  return {
    ks: facts.ks,
    fractions: facts.fractions,
    imageShape: page.imageShape,
    byPlace,
  };
}

export interface MissingRun {
  /** Id of the known pattern in front of it; null at the beginning. */
  readonly after: string | null;
  readonly count: number;
}

/** New patterns in the runs in which REST gives them: each behind a known one. */
export function runsOf(
  rows: PatternRows,
  places: readonly PatternPlace[],
): readonly MissingRun[] {
  const wanted = new Set(places.map(placeKey));
  for (const key of rows.byPlace.keys()) wanted.delete(key);
  const missing = places.filter((place) => wanted.has(placeKey(place)));
  if (missing.length === 0) return [];
  const all = [
    ...[...rows.byPlace.values()].map((row) => ({ place: row, id: row.id })),
    ...missing.map((place) => ({ place, id: null })),
  ].sort((a, b) => comparePlaces(a.place, b.place));
  const runs: { after: string | null; count: number }[] = [];
  let after: string | null = null;
  let isInRun = false;
  for (const { id } of all) {
    if (id !== null) {
      after = id;
      isInRun = false;
    } else if (isInRun) runs.at(-1)!.count++;
    else {
      runs.push({ after, count: 1 });
      isInRun = true;
    }
  }
  return runs;
}
