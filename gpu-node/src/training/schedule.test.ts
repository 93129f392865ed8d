import { expect, it } from "vitest";
import { learningRateAt } from "./schedule.ts";

it("one-cycle climbs in a straight line for a fifth of the steps, then falls to almost nothing", () => {
  const rates = Array.from({ length: 100 }, (_, step) =>
    learningRateAt("one-cycle", step, 100, 0.5),
  );
  expect(rates[0]).toBeCloseTo(0.5 / 25, 12);
  expect(rates[10]).toBeCloseTo((rates[0] + 0.5) / 2, 12);
  expect(rates[20]).toBe(0.5);
  expect(rates[60]).toBeCloseTo(0.25, 12);
  expect(rates[99]).toBeLessThan(0.001);
  expect(rates.every((rate) => rate > 0 && rate <= 0.5)).toBe(true);
});

it("cosine begins at the highest rate and passes half of it half way", () => {
  expect(learningRateAt("cosine", 0, 10, 0.2)).toBe(0.2);
  expect(learningRateAt("cosine", 5, 10, 0.2)).toBeCloseTo(0.1, 12);
});

it("gives a rate above zero to a training of a single step", () => {
  expect(learningRateAt("one-cycle", 0, 1, 0.1)).toBe(0.1);
});
