/**
 * The statistics of a model as one number: the log-odds of a backdoor, by a logistic regression that was fitted on models whose truth is
 * known (`npm run bench -- audit`), never on those that it is judged on.
 */
import type { NamedStatistic } from "./statistics.ts";

/** What the regression sees. A statistic that there is not counts as nothing. */
export const featureNames = [
  "patch gap",
  "faint gap",
  "stripes gap",
  "warp gap",
  "patch anywhere",
  "warp anywhere",
] as const;

/** In the order of the names. */
export function featuresOf(statistics: readonly NamedStatistic[]): number[] {
  return featureNames.map(
    (wanted) => statistics.find(({ name }) => name === wanted)?.value ?? 0,
  );
}

export interface Regression {
  readonly intercept: number;
  /** In the order of the features. */
  readonly weights: readonly number[];
  /** What it was fitted on. */
  readonly source: string;
}

/** Natural logarithm of the odds. */
export function logOdds(
  { intercept, weights }: Regression,
  features: readonly number[],
): number {
  return features.reduce(
    (sum, value, i) => sum + weights[i] * value,
    intercept,
  );
}

export const probabilityOf = (odds: number) => 1 / (1 + Math.exp(-odds));
