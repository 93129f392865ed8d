/** For tests: pools. */
import type { Attributes } from "../../graph/operators.ts";
import type { Shape } from "../../graph/tensor.ts";
import { sample } from "../check-operator.ts";
import { wholes, type OperatorCases } from "./operator-case.ts";

export const plainPool: Attributes<"MaxPool"> = {
  kernelShape: [2, 2],
  strides: [2, 2],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  ceilMode: false,
};

export interface Pool {
  readonly title: string;
  readonly x: Shape;
  readonly attributes: Partial<Attributes<"MaxPool">>;
}

export const pools: readonly Pool[] = [
  { title: "2×2, stride 2", x: [2, 2, 4, 6], attributes: {} },
  { title: "2×2, stride 2, odd sizes", x: [2, 2, 5, 7], attributes: {} },
  {
    title: "2×2, stride 2, odd sizes, ceilMode",
    x: [1, 2, 5, 7],
    attributes: { ceilMode: true },
  },
  {
    title: "3×3, stride 2, padded",
    x: [2, 2, 6, 8],
    attributes: { kernelShape: [3, 3], pads: [1, 1, 1, 1] },
  },
  {
    title: "3×3, stride 2, ceilMode",
    x: [1, 2, 8, 6],
    attributes: { kernelShape: [3, 3], ceilMode: true },
  },
  {
    title: "3×3, stride 2, padded, ceilMode",
    x: [1, 1, 6, 7],
    attributes: { kernelShape: [3, 3], pads: [1, 1, 1, 1], ceilMode: true },
  },
  {
    title: "3×3, stride 1, padded",
    x: [1, 2, 4, 5],
    attributes: { kernelShape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] },
  },
  {
    title: "a window smaller than its stride",
    x: [1, 2, 7, 8],
    attributes: { kernelShape: [1, 2], strides: [2, 3] },
  },
  {
    title: "a window smaller than its stride, ceilMode",
    x: [1, 1, 8, 8],
    attributes: { strides: [3, 3], ceilMode: true },
  },
  {
    title: "pads that differ",
    x: [1, 1, 6, 5],
    attributes: { kernelShape: [3, 4], strides: [2, 1], pads: [0, 3, 2, 1] },
  },
  {
    title: "5×5, stride 3, padded by two",
    x: [1, 1, 9, 10],
    attributes: { kernelShape: [5, 5], strides: [3, 3], pads: [2, 2, 2, 2] },
  },
  {
    title: "2×2, stride 2, padded at the front",
    x: [1, 1, 5, 5],
    attributes: { pads: [1, 1, 0, 0] },
  },
  {
    title: "dilated",
    x: [1, 2, 7, 8],
    attributes: { strides: [1, 2], dilations: [2, 3] },
  },
  {
    title: "the whole picture",
    x: [2, 3, 4, 5],
    attributes: { kernelShape: [4, 5] },
  },
  {
    title: "3×3, stride 2, padded, eight channels",
    x: [2, 8, 8, 8],
    attributes: { kernelShape: [3, 3], pads: [1, 1, 1, 1] },
  },
  {
    title: "2×2, stride 2, padded, ceilMode drops a window",
    x: [1, 2, 4, 4],
    attributes: { ceilMode: true, pads: [0, 0, 1, 1] },
  },
];

export const pooling = {
  MaxPool: [
    ...pools.map(({ title, x, attributes }) => ({
      title,
      inputs: [sample(x, 5)],
      attributes: { ...plainPool, ...attributes },
      step: 1e-6,
    })),
    {
      title: "equal elements, overlapping windows",
      inputs: [wholes([2, 3, 7, 7], 4, 2)],
      attributes: {
        ...plainPool,
        kernelShape: [3, 3],
        strides: [1, 1],
        pads: [1, 1, 1, 1],
      },
      isAtKink: true,
    },
  ],
  AveragePool: pools.flatMap(({ title, x, attributes }) =>
    [true, false].map((countIncludePad) => ({
      title: `${title}, countIncludePad ${countIncludePad}`,
      inputs: [sample(x, 5)],
      attributes: { ...plainPool, ...attributes, countIncludePad },
    })),
  ),
} satisfies OperatorCases;
