/** For tests: functions of single elements, activations, arithmetic and truth values. */
import { floats, integers, type Shape } from "../../graph/tensor.ts";
import { sample } from "../check-operator.ts";
import {
  counts,
  naturals,
  positive,
  truths,
  wholes,
  type OperatorCase,
  type OperatorCases,
} from "./operator-case.ts";

const none = {};

/** A vector, a picture and a scalar. */
const everywhere = (
  make: (
    shape: Shape,
    seed?: number,
  ) => OperatorCase["inputs"][number] = sample,
) =>
  ([[7], [2, 3, 4, 5], []] as const).map((shape, index) => ({
    title: `[${shape.join(",")}]`,
    inputs: [make(shape, index + 3)],
    attributes: none,
  }));

const scaled =
  (factor: number) =>
  (shape: Shape, seed = 1) => {
    const { data } = sample(shape, seed);
    return floats(
      data.map((x) => x * factor),
      shape,
    );
  };

/** Pairs of shapes that broadcast in every way. */
const pairs: readonly (readonly [Shape, Shape])[] = [
  [
    [2, 3, 4],
    [2, 3, 4],
  ],
  [[2, 3, 4], []],
  [[], [2, 3]],
  [[2, 3, 4], [4]],
  [
    [3, 1],
    [2, 3, 4],
  ],
  [
    [2, 1, 4],
    [1, 3, 1],
  ],
  [
    [2, 3, 4, 5],
    [1, 3, 1, 1],
  ],
  [
    [1, 2, 1, 3, 2],
    [2, 2, 3, 1, 2],
  ],
  [[1], [1]],
  [
    [2, 1, 2, 2, 1, 3, 2],
    [2, 3, 1, 2, 1, 3, 2],
  ],
];

const broadcast = (
  makeA: typeof sample,
  makeB: typeof sample = makeA,
  options: Pick<OperatorCase, "step" | "isAtKink"> = {},
) =>
  pairs.map(([a, b]) => ({
    title: `[${a.join(",")}] and [${b.join(",")}]`,
    inputs: [makeA(a, 1), makeB(b, 2)],
    attributes: none,
    ...options,
  }));

const ofIntegers = (make = counts, makeB = make) =>
  broadcast(make, makeB).map((single) => ({
    ...single,
    title: `int64 ${single.title}`,
  }));

const comparisons = [
  ...broadcast((shape, seed) => wholes(shape, seed)),
  ...ofIntegers(),
];
const connectives = broadcast(truths);

export const elementwise = {
  Abs: [
    ...everywhere(),
    { title: "int64", inputs: [counts([9])], attributes: none },
  ],
  Ceil: everywhere(scaled(5)),
  Cos: everywhere(scaled(4)),
  Erf: everywhere(scaled(3)),
  Exp: everywhere(scaled(3)),
  Floor: everywhere(scaled(5)),
  Log: everywhere(positive),
  Neg: [
    ...everywhere(),
    { title: "int64", inputs: [counts([9])], attributes: none },
  ],
  Reciprocal: everywhere(positive),
  Round: [
    ...everywhere(scaled(5)),
    {
      title: "halves to even",
      inputs: [floats([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49])],
      attributes: none,
    },
  ],
  Sign: [
    ...everywhere(),
    { title: "zeros", inputs: [floats([-2, 0, 3])], attributes: none },
    { title: "int64", inputs: [counts([9])], attributes: none },
  ],
  Sin: everywhere(scaled(4)),
  Sqrt: everywhere(positive),
  Relu: [
    ...everywhere(),
    {
      title: "at 0",
      inputs: [floats([-1, 0, 1])],
      attributes: none,
      isAtKink: true,
    },
  ],
  Sigmoid: everywhere(scaled(6)),
  Tanh: everywhere(scaled(3)),
  Softplus: [
    ...everywhere(scaled(6)),
    {
      title: "far from 0",
      inputs: [floats([-80, -20, 20, 80])],
      attributes: none,
    },
  ],
  LeakyRelu: everywhere().flatMap((single) => [
    { ...single, attributes: { alpha: 0.01 } },
    { ...single, title: `steep ${single.title}`, attributes: { alpha: 1.5 } },
  ]),
  Elu: everywhere(scaled(2)).flatMap((single) => [
    { ...single, attributes: { alpha: 1 } },
    {
      ...single,
      title: `alpha 0.7 ${single.title}`,
      attributes: { alpha: 0.7 },
    },
  ]),
  HardSigmoid: everywhere(scaled(5)).flatMap((single) => [
    { ...single, attributes: { alpha: 1 / 6, beta: 0.5 } },
    {
      ...single,
      title: `ONNX's ${single.title}`,
      attributes: { alpha: 0.2, beta: 0.4 },
    },
  ]),
  Clip: everywhere(scaled(2)).flatMap((single) => [
    { ...single, attributes: { min: -0.5, max: 0.75 } },
    {
      ...single,
      title: `from above ${single.title}`,
      attributes: { min: -Infinity, max: 0.25 },
    },
    {
      ...single,
      title: `from below ${single.title}`,
      attributes: { min: -0.25, max: Infinity },
    },
  ]),

  Add: [...broadcast(sample), ...ofIntegers()],
  Sub: [...broadcast(sample), ...ofIntegers()],
  Mul: [...broadcast(sample), ...ofIntegers()],
  Div: [
    ...broadcast(sample, positive),
    ...ofIntegers(counts, naturals),
    {
      title: "int64, towards zero",
      inputs: [integers([7, -7, 7, -7]), integers([2, 2, -2, -2])],
      attributes: none,
    },
  ],
  Pow: [
    ...broadcast(positive, sample),
    {
      title: "a negative number squared",
      inputs: [floats([-1.5, -0.5, 2]), floats([2], [])],
      attributes: none,
      // Differentiated with respect to the exponent too it would have no logarithm to take.
      isAtKink: true,
    },
    {
      title: "square root",
      inputs: [positive([2, 3]), floats([0.5], [])],
      attributes: none,
    },
  ],
  Min: [...broadcast(sample), ...ofIntegers()],
  Max: [...broadcast(sample), ...ofIntegers()],
  Mod: [
    ...[true, false].map((isFmod) => ({
      title: `int64, isFmod ${isFmod}`,
      inputs: [integers([7, -7, 7, -7, 6, 0]), integers([3, 3, -3, -3, 3, 3])],
      attributes: { isFmod },
    })),
    {
      title: "int64, broadcast",
      inputs: [counts([3, 4]), naturals([4])],
      attributes: { isFmod: false },
    },
    {
      title: "float32",
      inputs: [scaled(5)([2, 3, 4]), positive([3, 1])],
      attributes: { isFmod: true },
    },
    {
      title: "float32, negative divisors",
      inputs: [floats([5.5, -5.5, 5.5, -5.5]), floats([2, 2, -2, -2])],
      attributes: { isFmod: true },
    },
  ],

  Equal: [
    ...comparisons,
    { title: "bool", inputs: [truths([9]), truths([9], 2)], attributes: none },
  ],
  Greater: comparisons,
  GreaterOrEqual: comparisons,
  Less: comparisons,
  LessOrEqual: comparisons,
  And: connectives,
  Or: connectives,
  Not: everywhere(truths),
  Where: [
    ...pairs.map(([a, b]) => ({
      title: `[${a.join(",")}] and [${b.join(",")}]`,
      inputs: [truths(a), sample(a, 2), sample(b, 3)],
      attributes: none,
    })),
    {
      title: "three shapes",
      inputs: [truths([3, 1]), sample([2, 1, 4], 2), sample([], 3)],
      attributes: none,
    },
    {
      title: "int64",
      inputs: [truths([2, 3]), counts([3], 2), counts([2, 1], 3)],
      attributes: none,
    },
    {
      title: "bool",
      inputs: [truths([5]), truths([5], 2), truths([1], 3)],
      attributes: none,
    },
  ],
  Cast: [
    {
      title: "float32 to int64, towards zero",
      inputs: [floats([-2.7, -0.5, 0, 0.5, 2.7])],
      attributes: { to: "int64" },
    },
    {
      title: "float32 to bool",
      inputs: [floats([-2.7, -0.5, 0, 0.5, 2.7, -0])],
      attributes: { to: "bool" },
    },
    {
      title: "float32 to float32",
      inputs: [sample([2, 3])],
      attributes: { to: "float32" },
    },
    {
      title: "int64 to float32",
      inputs: [counts([2, 3])],
      attributes: { to: "float32" },
    },
    {
      title: "int64 to bool",
      inputs: [counts([9])],
      attributes: { to: "bool" },
    },
    {
      title: "bool to float32",
      inputs: [truths([9])],
      attributes: { to: "float32" },
    },
    {
      title: "bool to int64",
      inputs: [truths([3, 3])],
      attributes: { to: "int64" },
    },
  ],
} satisfies OperatorCases;
