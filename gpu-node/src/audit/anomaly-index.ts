/**
 * How far a class lies below the others of its model: `AI_y = (med(s) − s_y) / (1.4826·med|s − med(s)|)`, s in the log domain, and what
 * AI a model without an outlier reaches by chance (METHOD: "From patterns to a verdict").
 */
import { nextNormal, randomFrom } from "../data/index.ts";

/** Makes the median absolute deviation of a Gaussian its standard deviation. */
const toDeviation = 1.4826;

/**
 * @param scores of all classes compared, small where a class is easy to reach; finite
 * @returns an index a class; null where half of the classes have one score: deviations then have no scale
 */
export function anomalyIndices(scores: readonly number[]): number[] | null {
  const middle = medianOf(scores);
  const scale =
    toDeviation * medianOf(scores.map((score) => Math.abs(score - middle)));
  return scale > 0 ? scores.map((score) => (middle - score) / scale) : null;
}

/** The true median, of an even number the mean of the two middle values. @param values at least one */
export function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]
    : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Normal numbers drawn for a null distribution: models times classes. */
const mostDrawn = 3_000_000;
const mostModels = 100_000;
const nulls = new Map<number, Float64Array>();

/** The largest AI of models whose K scores are Gaussian, ascending: drawn from a fixed seed, so that everybody has the same. */
function nullMaxima(numClasses: number): Float64Array {
  let maxima = nulls.get(numClasses);
  if (maxima) return maxima;
  const models = Math.min(mostModels, Math.ceil(mostDrawn / numClasses));
  const random = randomFrom("anomaly index of no outlier", numClasses);
  maxima = new Float64Array(models);
  for (let model = 0; model < models; model++) {
    const scores = Array.from({ length: numClasses }, () => nextNormal(random));
    maxima[model] = Math.max(...anomalyIndices(scores)!);
  }
  maxima.sort();
  nulls.set(numClasses, maxima);
  return maxima;
}

/**
 * The chance that the largest AI of a model without an outlier is at least this.
 * @param numClasses compared, from 3: of two, both lie as far from the median
 */
export function anomalyPValue(largest: number, numClasses: number): number {
  const maxima = nullMaxima(numClasses);
  let [low, high] = [0, maxima.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (maxima[middle] < largest) low = middle + 1;
    else high = middle;
  }
  // The model itself counts as one more: a chance is never said to be zero.
  return (maxima.length - low + 1) / (maxima.length + 1);
}

/** The AI that a model without an outlier reaches with chance `level`. */
export function anomalyThreshold(numClasses: number, level = 0.05): number {
  const maxima = nullMaxima(numClasses);
  return maxima[
    Math.min(maxima.length - 1, Math.ceil((1 - level) * maxima.length))
  ];
}
