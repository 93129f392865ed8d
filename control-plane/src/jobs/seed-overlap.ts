/** How much patterns agree between seeds, as gpu-node/src/report/overlap.ts counts it; one class at a time. Pure. */
import type { ResultPattern } from "./read-patterns.ts";

type Compared = Pick<
  ResultPattern,
  "targetClass" | "canvasIndex" | "seed" | "topPixels"
>;

/** Most patterns of a class that are compared. */
const mostCompared = 40;
/** Share of the pixels that are compared. */
const comparedFraction = 0.05;

/**
 * @param patterns class by class @param pixels of the model's input, H·W
 * @returns the mean over classes of the mean intersection over union of the top pixels, 0…1; null where no search was repeated
 *   with another seed
 */
export async function meanSeedOverlap(
  patterns: AsyncIterable<Compared> | Iterable<Compared>,
  pixels: number,
): Promise<number | null> {
  const size = Math.max(1, Math.round(comparedFraction * pixels));
  const means: number[] = [];
  let ofClass: Compared[] = [];
  const finishClass = () => {
    const mean = meanOverlap(ofClass, size);
    if (mean !== null) means.push(mean);
    ofClass = [];
  };
  for await (const pattern of patterns) {
    const [first] = ofClass;
    if (first && first.targetClass !== pattern.targetClass) finishClass();
    if (ofClass.length < mostCompared) ofClass.push(pattern);
  }
  finishClass();
  return means.length === 0
    ? null
    : means.reduce((sum, mean) => sum + mean, 0) / means.length;
}

/** Over pairs of one canvas and different seeds, in the order in which they come: sums of floats depend on it. */
function meanOverlap(
  patterns: readonly Compared[],
  size: number,
): number | null {
  const sets = patterns.map(
    ({ topPixels }) => new Set(topPixels.slice(0, size)),
  );
  let sum = 0;
  let pairs = 0;
  for (const [i, a] of patterns.entries())
    for (const [offset, b] of patterns.slice(i + 1).entries()) {
      if (a.canvasIndex !== b.canvasIndex || a.seed === b.seed) continue;
      sum += intersectionOverUnion(sets[i]!, sets[i + 1 + offset]!);
      pairs++;
    }
  return pairs === 0 ? null : sum / pairs;
}

function intersectionOverUnion(
  a: ReadonlySet<number>,
  b: ReadonlySet<number>,
): number {
  let both = 0;
  for (const index of a) if (b.has(index)) both++;
  const either = a.size + b.size - both;
  return either === 0 ? 0 : both / either;
}
