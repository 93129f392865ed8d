/** For tests: operators that only move elements. */
import type { Attributes } from "../../graph/operators.ts";
import { sample } from "../check-operator.ts";
import { counts, truths, type OperatorCases } from "./operator-case.ts";

/** Of each type. */
const kinds = [
  ["float32", sample],
  ["int64", counts],
  ["bool", truths],
] as const;

const slices: readonly Attributes<"Slice">[] = [
  { starts: [1], ends: [4], axes: [1], steps: [1] },
  { starts: [0], ends: [7], axes: [1], steps: [2] },
  { starts: [1], ends: [2 ** 63], axes: [1], steps: [3] },
  { starts: [6], ends: [-1], axes: [1], steps: [-1] },
  { starts: [100], ends: [-1], axes: [1], steps: [-2] },
  { starts: [5], ends: [2], axes: [1], steps: [-4] },
  { starts: [2], ends: [3], axes: [1], steps: [5] },
  { starts: [1, 1], ends: [3, 2], axes: [0, 2], steps: [1, 1] },
  {
    starts: [2, 1, 0],
    ends: [-1, 6, 2],
    axes: [0, 1, 2],
    steps: [-2, 2, 1],
  },
];

const paddings: readonly Attributes<"Pad">[] = [
  { pads: [1, 0, 2, 1], mode: "constant", value: 3 },
  { pads: [0, 2, 0, 0], mode: "constant", value: 0 },
  { pads: [-1, 1, 2, -2], mode: "constant", value: 0 },
  { pads: [2, 1, 1, 3], mode: "reflect", value: 0 },
  { pads: [2, 3, 2, 0], mode: "reflect", value: 0 },
  { pads: [2, 1, 0, 5], mode: "edge", value: 0 },
  { pads: [0, 4, 4, 4], mode: "edge", value: 0 },
];

const transpositions = [
  [[5], [0]],
  [
    [2, 3],
    [1, 0],
  ],
  [
    [2, 3, 4],
    [2, 0, 1],
  ],
  [
    [2, 3, 4, 5],
    [0, 2, 3, 1],
  ],
  [
    [2, 3, 4, 5],
    [3, 2, 1, 0],
  ],
  [
    [2, 1, 3, 2],
    [2, 1, 3, 0],
  ],
  [
    [2, 3, 2, 2, 3],
    [0, 4, 2, 1, 3],
  ],
  [
    [1, 2, 3, 2, 3, 2],
    [0, 1, 4, 2, 5, 3],
  ],
  [
    [2, 3, 2, 2, 2, 3, 2],
    [0, 2, 4, 6, 1, 3, 5],
  ],
] as const;

export const layout = {
  Reshape: kinds.flatMap(([kind, make]) =>
    [[24], [4, 3, 2], [1, 2, 1, 12]].map((shape) => ({
      title: `${kind} to [${shape.join(",")}]`,
      inputs: [make([2, 3, 4])],
      attributes: { shape },
    })),
  ),
  Transpose: kinds.flatMap(([kind, make]) =>
    transpositions.map(([shape, perm]) => ({
      title: `${kind} [${shape.join(",")}] by [${perm.join(",")}]`,
      inputs: [make(shape)],
      attributes: { perm },
    })),
  ),
  Expand: kinds.flatMap(([kind, make]) =>
    [[3, 1], [1], [], [2, 1, 4], [2, 3, 4]].map((shape) => ({
      title: `${kind} [${shape.join(",")}] to [2,3,4]`,
      inputs: [make(shape)],
      attributes: { shape: [2, 3, 4] },
    })),
  ),
  Concat: kinds.flatMap(([kind, make]) => [
    {
      title: `${kind} along an inner axis`,
      inputs: [make([2, 1, 3]), make([2, 2, 3], 2), make([2, 3, 3], 3)],
      attributes: { axis: 1 },
    },
    {
      title: `${kind} along the first axis, one of nothing`,
      inputs: [make([2, 3]), make([0, 3], 2), make([1, 3], 3)],
      attributes: { axis: 0 },
    },
    {
      title: `${kind} along the last axis`,
      inputs: [make([2, 3, 2, 2]), make([2, 3, 2, 1], 2)],
      attributes: { axis: 3 },
    },
    { title: `${kind} of one`, inputs: [make([3])], attributes: { axis: 0 } },
  ]),
  Slice: kinds.flatMap(([kind, make]) =>
    slices.map((attributes) => ({
      title: `${kind} ${JSON.stringify(attributes)}`,
      inputs: [make([3, 7, 3])],
      attributes,
    })),
  ),
  Pad: kinds.flatMap(([kind, make]) =>
    paddings.map((attributes) => ({
      title: `${kind} ${JSON.stringify(attributes)}`,
      inputs: [make([3, 4])],
      attributes: kind === "bool" ? { ...attributes, value: 0 } : attributes,
    })),
  ),
} satisfies OperatorCases;
