import { describe, expect, it } from "vitest";
import { neuralCleanseSettings } from "./neural-cleanse.ts";
import { chooseScreened, gradientsOfAudit, mostScreened } from "./schedule.ts";

const asked = { seeds: 2, isExhaustive: false };
const everything = { seeds: 2, isExhaustive: true };

describe("what an audit costs", () => {
  it.each([10, 43, 100, 1000])(
    "%i classes: at most a quarter of asking about all at length",
    (classes) => {
      expect(gradientsOfAudit(classes, asked)).toBeLessThanOrEqual(
        0.25 * gradientsOfAudit(classes, everything),
      );
    },
  );

  it("is less than a tenth of Neural Cleanse's", () => {
    const { steps, batchSize } = neuralCleanseSettings;
    expect(gradientsOfAudit(10, asked)).toBeLessThanOrEqual(
      0.1 * 10 * steps * batchSize,
    );
  });

  it("does not grow any more where classes are sampled", () => {
    expect(gradientsOfAudit(1000, asked)).toBe(
      gradientsOfAudit(mostScreened, asked),
    );
  });
});

describe("the classes that are screened", () => {
  const falls = Array.from({ length: 100 }, (_, i) => (i === 77 ? 50 : i % 3));

  it("are all of few", () => {
    expect(chooseScreened([0, 9, 0], 32, 0)).toEqual([0, 1, 2]);
  });

  it("are those that images fell into, and a sample by the seed", () => {
    const chosen = chooseScreened(falls, 32, 0);
    expect(chosen).toHaveLength(32);
    expect(new Set(chosen).size).toBe(32);
    expect(chosen).toContain(77);
    expect(chosen).toEqual([...chosen].sort((a, b) => a - b));
    expect(chooseScreened(falls, 32, 0)).toEqual(chosen);
    expect(chooseScreened(falls, 32, 1)).not.toEqual(chosen);
  });
});
