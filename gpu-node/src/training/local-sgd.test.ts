import { describe, expect, it } from "vitest";
import {
  newAverage,
  requireSteps,
  roundBegin,
  startOuter,
  takeOuterStep,
} from "./local-sgd.ts";
import type { TrainingState } from "./training-state.ts";

const state = (
  step: number,
  tensors: Readonly<Record<string, readonly number[]>>,
): TrainingState => ({
  step,
  tensors: new Map(
    Object.entries(tensors).map(([name, data]) => [
      name,
      { shape: [data.length], data: Float32Array.from(data) },
    ]),
  ),
});
const valuesOf = ({ tensors }: Pick<TrainingState, "tensors">) =>
  Object.fromEntries([...tensors].map(([name, { data }]) => [name, [...data]]));

const averageOf = (...states: readonly TrainingState[]): TrainingState => {
  const average = newAverage();
  for (const one of states) average.add(one);
  return average.mean();
};

it("rounds share the steps out evenly, and end with the last", () => {
  const begins = [0, 1, 2, 3, 4].map((round) => roundBegin(round, 4, 10));
  expect(begins).toEqual([0, 2, 5, 7, 10]);
});

it("a round without a step is refused", () => {
  const spread = { workers: 3, outer: { momentum: 0, learningRate: 1 } };
  expect(() => requireSteps({ ...spread, rounds: 5 }, 5)).not.toThrow();
  expect(() => requireSteps({ ...spread, rounds: 6 }, 5)).toThrow(
    /--rounds 6: each of the 3 workers has 5 steps/,
  );
});

describe("an average", () => {
  it("is of every tensor, in the order of the first", () => {
    const mean = averageOf(
      state(7, { w: [1, 2], "w/velocity": [0, 4] }),
      state(7, { w: [3, 4], "w/velocity": [2, 0] }),
      state(7, { w: [5, 9], "w/velocity": [1, 2] }),
    );
    expect(mean.step).toBe(7);
    expect(valuesOf(mean)).toEqual({ w: [3, 5], "w/velocity": [1, 2] });
    expect([...mean.tensors.keys()]).toEqual(["w", "w/velocity"]);
  });

  it("is of states that belong together", () => {
    const first = state(7, { w: [1, 2] });
    for (const other of [
      state(8, { w: [1, 2] }),
      state(7, { w: [1] }),
      state(7, { v: [1, 2] }),
      state(7, { w: [1, 2], v: [1] }),
    ])
      expect(() => averageOf(first, other)).toThrow(/do not belong together/);
  });
});

describe("an outer step", () => {
  const begin = state(0, { w: [1], m: [0] });
  const outer = startOuter(begin, ["w"]);

  it("without momentum and at rate 1 is the average", () => {
    const taken = takeOuterStep(state(5, { w: [0.5], m: [4] }), outer, {
      momentum: 0,
      learningRate: 1,
    });
    expect(taken.state.step).toBe(5);
    expect(valuesOf(taken.state)).toEqual({ w: [0.5], m: [4] });
  });

  it("goes on in the direction of those before it, and leaves what is no weight", () => {
    const settings = { momentum: 0.5, learningRate: 0.5 };
    const first = takeOuterStep(
      state(5, { w: [0.5], m: [4] }),
      outer,
      settings,
    );
    // Δ = 0.5, v = 0.5, w = 1 − 0.5·(0.5 + 0.25).
    expect(valuesOf(first.state)).toEqual({ w: [0.625], m: [4] });
    const second = takeOuterStep(
      state(10, { w: [0.625], m: [2] }),
      first.outer,
      settings,
    );
    // Δ = 0, v = 0.25, w = 0.625 − 0.5·0.125.
    expect(valuesOf(second.state)).toEqual({ w: [0.5625], m: [2] });
    expect(valuesOf({ tensors: second.outer.velocity })).toEqual({ w: [0.25] });
  });
});
