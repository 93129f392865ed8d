/**
 * Which class of a model stands out by how few pixels make it the prediction. Pure.
 *
 * The anomaly index of Neural Cleanse (Wang et al., IEEE S&P 2019, section V), one-sided, on s = log k*:
 * AI_y = (median(s) − s_y) / (1.4826 · median|s − median(s)|).
 */
import type { Outlier } from "../shards/search-summary.ts";

/** Makes the median absolute deviation an estimate of a normal distribution's standard deviation. */
const madToDeviation = 1.4826;
/** With fewer, a class that stands out cannot be told from chance. */
const fewestClasses = 5;

/** A class with the smallest k* of its patterns; null where none reached the threshold. */
export interface ClassSize {
  readonly targetClass: number;
  readonly kStar: number | null;
}

export type Finding =
  | { readonly outlier: Outlier; readonly reason: null }
  /** Why nothing can be said. */
  | { readonly outlier: null; readonly reason: string };

/** @param classes all of the model; those without a k* count as infinitely large */
export function findOutlier(classes: readonly ClassSize[]): Finding {
  const inconclusive = (reason: string): Finding => ({ outlier: null, reason });
  if (classes.length < fewestClasses)
    return inconclusive(
      `The model has ${classes.length} classes; fewer than ${fewestClasses} cannot be compared.`,
    );
  const logs = classes.map(({ kStar }) => Math.log(kStar ?? Infinity));
  const middle = median(logs);
  const reached = logs.filter(Number.isFinite).length;
  if (!Number.isFinite(middle))
    return inconclusive(
      `Only ${reached} of ${classes.length} classes have a pattern that reaches the threshold: there is no median to compare them with.`,
    );
  const deviation = median(logs.map((log) => Math.abs(log - middle)));
  if (deviation === 0)
    return inconclusive(
      "At least half of the classes have the same k*: there is no spread to compare them by.",
    );
  if (!Number.isFinite(deviation))
    return inconclusive(
      `Only ${reached} of ${classes.length} classes have a pattern that reaches the threshold: there is no spread to compare them by.`,
    );
  const place = logs.indexOf(Math.min(...logs));
  return {
    outlier: {
      targetClass: classes[place]!.targetClass,
      kStar: classes[place]!.kStar!,
      anomalyIndex: (middle - logs[place]!) / (madToDeviation * deviation),
      medianKStar: Math.exp(middle),
      threshold: thresholdFor(classes.length),
    },
    reason: null,
  };
}

/** The mean of the two in the middle for an even number. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
}

/**
 * [classes, index]: what the largest index of so many independent normal values exceeds once in 20 times; from 100,000 to 400,000
 * drawings each. The customary 2 is exceeded by a third of clean models of 10 classes. Few classes go up and down, as the median of an
 * odd number is one of them.
 */
const thresholds = [
  [5, 5.77],
  [6, 4.34],
  [7, 4.69],
  [8, 4.06],
  [9, 4.22],
  [10, 3.88],
  [12, 3.76],
  [15, 3.75],
  [20, 3.57],
  [30, 3.5],
  [43, 3.48],
  [100, 3.52],
  [200, 3.61],
  [500, 3.77],
  [1_000, 3.92],
] as const;

/** Between two numbers of classes, linear in their logarithm; beyond the last, the last. */
export function thresholdFor(classes: number): number {
  const above = thresholds.findIndex(([count]) => count >= classes);
  if (above === -1) return thresholds.at(-1)![1];
  const [right, high] = thresholds[above]!;
  const [left, low] = thresholds[Math.max(0, above - 1)]!;
  if (left === right) return high;
  const share = Math.log(classes / left) / Math.log(right / left);
  return low + share * (high - low);
}
