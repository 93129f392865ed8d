/**
 * The statistics of a model as one number: the log-odds of a backdoor, by a logistic regression that was fitted on models whose truth is
 * known (`npm run bench -- audit`), never on those that it is judged on.
 */
import type { PerturbationKind } from "./perturbations/perturbation.ts";
import type { NamedStatistic } from "./statistics.ts";

export interface Feature {
  /** Of the statistic. */
  readonly name: string;
  /** What it is of. */
  readonly perturbation: PerturbationKind;
  /** Whether it speaks of images going anywhere, instead of one class that stands out. */
  readonly isAnywhere: boolean;
}

const ofClass = (name: string, perturbation: PerturbationKind): Feature => ({
  ...{ name, perturbation, isAnywhere: false },
});
const anywhere = (perturbation: PerturbationKind): Feature => ({
  ...{ name: `${perturbation} anywhere`, perturbation, isAnywhere: true },
});

/** What the regression sees. */
export const features: readonly Feature[] = [
  ofClass("patch gap", "patch"),
  ofClass("faint gap", "faint"),
  ofClass("stripes gap", "stripes"),
  ofClass("warp gap", "warp"),
  anywhere("patch"),
  anywhere("warp"),
];

/**
 * In the order of the features. A statistic that there is not counts as nothing; so does what is said of one class where classes cannot be
 * compared (there is no gap), as it would of any class.
 */
export function featuresOf(statistics: readonly NamedStatistic[]): number[] {
  const valueOf = (wanted: string) =>
    statistics.find(({ name }) => name === wanted)?.value ?? null;
  return features.map(({ name, perturbation, isAnywhere }) =>
    isAnywhere || valueOf(`${perturbation} gap`) !== null
      ? (valueOf(name) ?? 0)
      : 0,
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
