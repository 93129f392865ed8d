import { describe, expect, it } from "vitest";
import { randomFrom } from "../data/index.ts";
import { chooseBatchSize, sampleIndices } from "./evaluate-model.ts";
import { planAttacks } from "./attack-plan.ts";
import { summarizeClean } from "./clean-evaluation.ts";

it("a sample is the same for the same seed, ascending, none twice, and all where there are no more", () => {
  const sample = sampleIndices(1000, 50, 3);
  expect(sample).toEqual(sampleIndices(1000, 50, 3));
  expect(sample).not.toEqual(sampleIndices(1000, 50, 4));
  expect(new Set(sample).size).toBe(50);
  expect(sample).toEqual(sample.toSorted());
  expect(sampleIndices(4, 9, 3)).toEqual(Int32Array.of(0, 1, 2, 3));
});

it("64 small images share a run, and one large one has its own", () => {
  expect(chooseBatchSize([1, 28, 28])).toBe(64);
  expect(chooseBatchSize([3, 32, 32])).toBe(64);
  expect(chooseBatchSize([3, 224, 224])).toBe(1);
});

it("the classes' rows are those of the confusion matrix", () => {
  const labels = Uint16Array.of(0, 0, 0, 1, 1, 2);
  const clean = summarizeClean(
    {
      indices: Int32Array.of(0, 1, 2, 3, 4, 5),
      labels,
      predictions: Int32Array.of(0, 2, 2, 1, 1, 2),
      confidences: new Float32Array(6).fill(1),
    },
    ["a", "b", "c", "empty"],
  );
  expect(clean.accuracy).toMatchObject({ share: 4 / 6, n: 6 });
  expect(clean.classes[0]).toMatchObject({
    name: "a",
    accuracy: { share: 1 / 3, n: 3 },
    predictions: [
      { class: 2, count: 2 },
      { class: 0, count: 1 },
    ],
  });
  expect(clean.classes[3]).toMatchObject({
    accuracy: { n: 0, wilson95: [0, 1] },
    predictions: [],
  });
  // Always sure, right in four of six.
  expect(clean.expectedCalibrationError).toBeCloseTo(2 / 6, 12);
});

describe("the attacks of an ensemble", () => {
  const settings = {
    attack: "ensemble",
    norm: "linf",
    epsilon: 0.1,
    stepSize: 0.01,
    pgdSteps: 20,
    apgdSteps: 10,
    apgdTargets: 9,
    squareQueries: 30,
    seed: 0,
  } as const;
  const namesOf = (changed: object) =>
    planAttacks({ ...settings, ...changed }, [1, 4, 4], 3).map(
      ({ name }) => name,
    );

  it("are four, without Square in L2, and PGD stands alone", () => {
    const names = ["PGD-20", "APGD-CE", "APGD-T", "Square"];
    expect(namesOf({})).toEqual(names);
    expect(namesOf({ norm: "l2" })).toEqual(names.slice(0, 3));
    expect(namesOf({ attack: "pgd" })).toEqual(["PGD-20"]);
  });

  it("aim at no more classes than there are", () => {
    const [, , targeted] = planAttacks(settings, [1, 4, 4], 3);
    expect(targeted.work).toBe(2 * 11 + 1);
  });

  it("start an image at a point of its own, whatever else is attacked", () => {
    const random = randomFrom("plan test");
    const image = Float32Array.from({ length: 16 }, () => random.next());
    const startOf = (index: number) => {
      const [pgd] = planAttacks(settings, [1, 4, 4], 3);
      const { value } = pgd.begin({ index, image, label: 0 }).next();
      return "point" in value ? Float32Array.from(value.point) : value;
    };
    expect(startOf(5)).toEqual(startOf(5));
    expect(startOf(5)).not.toEqual(startOf(6));
  });
});
