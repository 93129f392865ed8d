/** Where everything in a gallery's grid lies, in CSS pixels. Pure. */

export const tileSizes = ["S", "M", "L"] as const;
export type TileSize = (typeof tileSizes)[number];

const targets: Readonly<Record<TileSize, number>> = { S: 56, M: 96, L: 168 };

/** Room for the bar beneath a picture, and the number. */
export const captionHeight = 34;
/** Between a picture and its bar. */
export const barGap = 2;
export const barHeight = 9;
export const tileGap = 8;
/** Between models that stand side by side. */
export const groupGap = 24;

/** The side of a picture: a whole multiple of the image's, so that its pixels are all of one size; larger images are shown as they are. */
export function pictureSide(side: number, size: TileSize): number {
  const target = targets[size];
  if (side <= 0) return target;
  return side > target ? target : side * Math.max(1, Math.round(target / side));
}

export interface Column {
  /** Of the models side by side. */
  readonly model: number;
  readonly canvasIndex: number;
  readonly seed: number;
  /** From the left of the first. */
  readonly left: number;
}

/** @param columns of each model: canvases and seeds @returns them side by side, and how wide all are together */
export function layColumns(
  columns: readonly (readonly {
    readonly canvasIndex: number;
    readonly seed: number;
  }[])[],
  tileWidth: number,
): { readonly columns: readonly Column[]; readonly width: number } {
  const laid: Column[] = [];
  let left = 0;
  columns.forEach((ofModel, model) => {
    if (model > 0) left += groupGap - tileGap;
    for (const column of ofModel) {
      laid.push({ model, ...column, left });
      left += tileWidth + tileGap;
    }
  });
  return { columns: laid, width: Math.max(0, left - tileGap) };
}

/** Those that are (partly) between two places. */
export function columnsBetween(
  columns: readonly Column[],
  tileWidth: number,
  from: number,
  to: number,
): readonly number[] {
  const found: number[] = [];
  columns.forEach(({ left }, index) => {
    if (left + tileWidth >= from && left <= to) found.push(index);
  });
  return found;
}

/** The columns of a search: what was planned, and whatever came beside it. */
export function columnsOf(
  planned: {
    readonly canvases: readonly number[];
    readonly seeds: readonly number[];
  },
  places: Iterable<{ readonly canvasIndex: number; readonly seed: number }>,
): readonly { readonly canvasIndex: number; readonly seed: number }[] {
  const found = new Map<string, { canvasIndex: number; seed: number }>();
  const add = (canvasIndex: number, seed: number) =>
    found.set(`${canvasIndex}.${seed}`, { canvasIndex, seed });
  for (const seed of planned.seeds)
    for (const canvas of planned.canvases) add(canvas, seed);
  for (const { canvasIndex, seed } of places) add(canvasIndex, seed);
  return [...found.values()].sort(
    (a, b) => a.seed - b.seed || a.canvasIndex - b.canvasIndex,
  );
}
