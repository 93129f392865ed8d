/** For tests: reductions over axes, and softmax. */
import { floats } from "../../graph/tensor.ts";
import { sample } from "../check-operator.ts";
import {
  counts,
  positive,
  wholes,
  type OperatorCases,
} from "./operator-case.ts";

const axesOf: readonly (readonly [
  readonly number[],
  readonly (readonly number[])[],
])[] = [
  [[5], [[0]]],
  [
    [2, 3, 4],
    [[0], [1], [2], [0, 2], [1, 2], [0, 1, 2]],
  ],
  [
    [2, 3, 4, 5],
    [[2, 3], [1], [0, 2], [0, 2, 3]],
  ],
  [[2, 1, 3], [[1]]],
  [[], [[]]],
];

const over = (make: typeof sample, kind = "") =>
  axesOf.flatMap(([shape, choices]) =>
    choices.flatMap((axes) =>
      [true, false].map((keepDims) => ({
        title: `${kind}[${shape.join(",")}] over [${axes.join(",")}]${keepDims ? ", axes kept" : ""}`,
        inputs: [make(shape, 4)],
        attributes: { axes, keepDims },
      })),
    ),
  );

const alongEach = [[5], [2, 3], [2, 3, 4], [2, 3, 4, 5]].flatMap((shape) =>
  shape.map((_, axis) => ({
    title: `[${shape.join(",")}] along ${axis}`,
    inputs: [sample(shape, 6)],
    attributes: { axis },
  })),
);
const large = {
  title: "numbers whose exponentials overflow",
  inputs: [floats([1000, 1001, 999, -1000, -1001, -1002], [2, 3])],
  attributes: { axis: 1 },
};

/** Equal extremes share the gradient, which differences do not show. */
const ties = {
  title: "equal extremes",
  inputs: [wholes([4, 6], 3, 2)],
  attributes: { axes: [1], keepDims: false },
  isAtKink: true,
};

export const reductions = {
  ReduceSum: [...over(sample), ...over(counts, "int64 ")],
  ReduceMean: over(sample),
  ReduceMax: [...over(sample), ...over(counts, "int64 "), ties],
  ReduceMin: [...over(sample), ...over(counts, "int64 "), ties],
  ReduceProd: [
    ...over(positive),
    {
      title: "zeros, one and several in a row",
      inputs: [floats([2, 0, 3, 0, 0, 4, 1, 2, 3], [3, 3])],
      attributes: { axes: [1], keepDims: false },
    },
  ],
  ArgMax: [
    ...alongEach.flatMap(({ title, inputs, attributes: { axis } }) =>
      [true, false].map((keepDims) => ({
        title: `${title}${keepDims ? ", axis kept" : ""}`,
        inputs,
        attributes: { axis, keepDims },
      })),
    ),
    {
      title: "the first of equals",
      inputs: [wholes([5, 7], 2, 2)],
      attributes: { axis: 1, keepDims: false },
    },
  ],
  Softmax: [...alongEach, large],
  LogSoftmax: [...alongEach, large],
} satisfies OperatorCases;
