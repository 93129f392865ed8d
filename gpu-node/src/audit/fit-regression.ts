/**
 * A logistic regression with weights that are not negative (every statistic speaks for a backdoor or not at all), and held small: few models
 * are fitted on, and they may be told apart without a rest. Projected gradient descent on a convex loss: the same numbers every time.
 */
import { logOdds, probabilityOf, type Regression } from "./combination.ts";

export interface LabelledFeatures {
  readonly features: readonly number[];
  readonly isPoisoned: boolean;
}

/** Against weights that only say that the fitted models can be told apart. */
const defaultPenalty = 0.01;
const steps = 20_000;

/**
 * @param models at least one of each label; both count as much, however many there are
 * @param penalty of half the sum of squared weights, on features in units of their deviations
 */
export function fitRegression(
  models: readonly LabelledFeatures[],
  source: string,
  penalty = defaultPenalty,
): Regression {
  const width = models[0].features.length;
  const scales = Array.from({ length: width }, (_, i) =>
    deviationOf(models.map(({ features }) => features[i])),
  );
  const rows = models.map(({ features, isPoisoned }) => ({
    isPoisoned,
    features: features.map((value, i) => value / scales[i]),
  }));
  const poisoned = rows.filter(({ isPoisoned }) => isPoisoned).length;
  const weightOf = (isPoisoned: boolean) =>
    0.5 / (isPoisoned ? poisoned : rows.length - poisoned);
  let intercept = 0;
  const weights = new Array<number>(width).fill(0);
  // The loss curves at most a quarter of the squared length of a row, and the penalty.
  const steepest = Math.max(
    ...rows.map(({ features }) =>
      features.reduce((sum, value) => sum + value * value, 1),
    ),
  );
  const rate = 1 / (steepest / 4 + penalty);
  for (let step = 0; step < steps; step++) {
    let ofIntercept = 0;
    const gradient = weights.map((weight) => penalty * weight);
    for (const { features, isPoisoned } of rows) {
      const odds = logOdds({ intercept, weights, source }, features);
      const error =
        (probabilityOf(odds) - Number(isPoisoned)) * weightOf(isPoisoned);
      ofIntercept += error;
      features.forEach((value, i) => (gradient[i] += error * value));
    }
    intercept -= rate * ofIntercept;
    gradient.forEach(
      (slope, i) => (weights[i] = Math.max(0, weights[i] - rate * slope)),
    );
  }
  return {
    intercept,
    weights: weights.map((weight, i) => weight / scales[i]),
    source,
  };
}

/** 1 where all are the same. */
function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance =
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.sqrt(variance) || 1;
}
