/**
 * The regressions that audits judge by. `npm run bench -- audit` fits them, and says how they do on models that they were not fitted on.
 */
import type { Regression } from "./combination.ts";
import type { References } from "./references.ts";

export const fittedRegression: Regression = {
  intercept: -2.725,
  weights: [2.984, 4.112, 0, 1.49, 6.469, 9.689],
  source: "49 models of Fashion-MNIST and CIFAR-10 trained by Motif",
};

/** Where clean models of the same kind are named. */
export const referencedRegression: Regression = {
  intercept: -3.202,
  weights: [2.951, 2.63, 5.168, 2.502, 8.657, 8.973],
  source: "41 models of Fashion-MNIST and CIFAR-10 trained by Motif",
};

export const regressionFor = (
  references: References | undefined,
): Regression => (references ? referencedRegression : fittedRegression);
