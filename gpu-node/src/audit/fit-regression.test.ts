import { expect, it } from "vitest";
import { logOdds, probabilityOf } from "./combination.ts";
import { fitRegression } from "./fit-regression.ts";

const models = [
  ...[0.1, 0.2, 0.3, 0.25].map((gap) => ({
    features: [gap, 1 - gap],
    isPoisoned: false,
  })),
  ...[0.9, 1.2, 0.8].map((gap) => ({
    features: [gap, 0.3],
    isPoisoned: true,
  })),
];

it("tells the groups apart, and gives no weight to what speaks the other way", () => {
  const regression = fitRegression(models, "seven made up");
  expect(regression.weights[0]).toBeGreaterThan(0);
  expect(regression.weights[1]).toBe(0);
  for (const { features, isPoisoned } of models)
    expect(probabilityOf(logOdds(regression, features)) >= 0.5).toBe(
      isPoisoned,
    );
});

it("is the same every time, and stays unsure of what lies between", () => {
  const regression = fitRegression(models, "seven made up");
  expect(fitRegression(models, "seven made up")).toEqual(regression);
  const between = probabilityOf(logOdds(regression, [0.55, 0.5]));
  expect(between).toBeGreaterThan(0.2);
  expect(between).toBeLessThan(0.8);
});
