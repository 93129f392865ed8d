import { describe, expect, it } from "vitest";
import { about, even, evidence } from "./check-evidence.ts";
import { fewestPeers, usualAmongPeers } from "./peers.ts";
import type { PerturbationEvidence } from "./evidence.ts";

const source = "5 others";
const scaled = (
  factor: number,
  changed: Partial<Record<number, number>> = {},
) =>
  evidence(
    about(
      "patch",
      even.map((each, i) => factor * (changed[i] ?? each)),
    ),
  );
const neededOf = ({ screened }: PerturbationEvidence, wanted: number) =>
  screened.find(({ targetClass }) => targetClass === wanted)!.logStrength;

describe("what is usual among peers", () => {
  it("is the median of the others, each model left out of its own", () => {
    const factors = [0.7, 0.8, 0.9, 1, 1.1, 1.2];
    const models = factors.map((factor) => scaled(factor));
    const usual = usualAmongPeers(models, source);
    expect(usual.map((each) => each?.source)).toEqual(
      factors.map(() => "5 others"),
    );
    usual.forEach((each, at) => {
      const others = models
        .filter((_, i) => i !== at)
        .map(({ perturbations: [patch] }) => neededOf(patch, 4))
        .sort((a, b) => a - b);
      expect(each?.needed.patch[4]).toBe(others[2]);
    });
  });

  it("is the mean of the two in the middle of an even number of others", () => {
    const models = [0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3].map((factor) =>
      scaled(factor),
    );
    const [first] = usualAmongPeers(models, source);
    const at = (i: number) => neededOf(models[i].perturbations[0], 0);
    expect(first?.needed.patch[0]).toBeCloseTo((at(3) + at(4)) / 2, 12);
  });

  it("is not moved by two models that share a target", () => {
    const clean = [0.9, 0.95, 1, 1.05].map((factor) => scaled(factor));
    const poisoned = [scaled(1, { 3: 2 }), scaled(1.02, { 3: 2 })];
    const [, , , , usual] = usualAmongPeers([...clean, ...poisoned], source);
    expect(usual?.needed.patch[3]).toBe(neededOf(clean[1].perturbations[0], 3));
  });

  it("is not told of too few models, or where too few were asked about the same classes", () => {
    const models = Array.from({ length: fewestPeers }, () => scaled(1));
    expect(usualAmongPeers(models, source)).toEqual(models.map(() => null));
    const asked = (classes: readonly number[]) => {
      const whole = scaled(1);
      return {
        ...whole,
        perturbations: whole.perturbations.map((each) => ({
          ...each,
          screened: each.screened.filter(({ targetClass }) =>
            classes.includes(targetClass),
          ),
        })),
      };
    };
    const scattered = [0, 1, 2, 3, 4, 5, 6].map((i) =>
      asked([0, 1, 2 + i, 3 + i]),
    );
    expect(
      usualAmongPeers(scattered, source).map((each) => each?.source),
    ).toEqual(scattered.map(() => undefined));
  });
});
