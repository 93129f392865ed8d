/** How much the patterns of one class agree with each other: one search is one sample, and this says how far to trust it. Pure. */
import { patternSize } from "./images.ts";
import type { PatternResult } from "./result.ts";

export interface Overlap {
  /** Mean intersection over union of the top pixels over all pairs, 0…1. */
  readonly mean: number;
  readonly pairs: number;
}

export interface ClassOverlap {
  /** Between searches of the same canvas that differ in the seed; null where no canvas has two. */
  readonly betweenSeeds: Overlap | null;
  /** Between searches of the same seed that differ in the canvas; null where no seed has two. */
  readonly betweenCanvases: Overlap | null;
}

/** Most patterns of a class that are compared, so that the pairs stay countable. */
const mostCompared = 40;

/** @param patterns of one class; beyond 40, the first 40 count @param pixels of the model's input, H·W */
export function overlapOf(
  patterns: readonly PatternResult[],
  pixels: number,
): ClassOverlap {
  const compared = patterns.slice(0, mostCompared);
  const sets = compared.map(
    (pattern) => new Set(pattern.topPixels.slice(0, patternSize(pixels))),
  );
  const mean = (
    belongs: (a: PatternResult, b: PatternResult) => boolean,
  ): Overlap | null => {
    let sum = 0;
    let pairs = 0;
    compared.forEach((a, i) => {
      for (let j = i + 1; j < compared.length; j++) {
        if (!belongs(a, compared[j])) continue;
        sum += intersectionOverUnion(sets[i], sets[j]);
        pairs++;
      }
    });
    return pairs === 0 ? null : { mean: sum / pairs, pairs };
  };
  return {
    betweenSeeds: mean(
      (a, b) => a.canvasIndex === b.canvasIndex && a.seed !== b.seed,
    ),
    betweenCanvases: mean(
      (a, b) => a.canvasIndex !== b.canvasIndex && a.seed === b.seed,
    ),
  };
}

/** The mean overlap between seeds over all classes; null where no search was repeated with another seed. */
export function meanSeedOverlap(
  patterns: readonly PatternResult[],
  pixels: number,
): number | null {
  const byClass = Map.groupBy(patterns, ({ targetClass }) => targetClass);
  const means = [...byClass.values()].flatMap(
    (ofClass) => overlapOf(ofClass, pixels).betweenSeeds?.mean ?? [],
  );
  return means.length === 0
    ? null
    : means.reduce((sum, mean) => sum + mean, 0) / means.length;
}

/** The same figure for two patterns of `k` pixels put down at random, about: what no agreement looks like. */
export function chanceOverlap(pixels: number): number {
  const fraction = patternSize(pixels) / pixels;
  return fraction / (2 - fraction);
}

/** @returns 0…1; 0 for two empty sets */
function intersectionOverUnion(
  a: ReadonlySet<number>,
  b: ReadonlySet<number>,
): number {
  let both = 0;
  for (const index of a) if (b.has(index)) both++;
  const either = a.size + b.size - both;
  return either === 0 ? 0 : both / either;
}
