/** For tests: convolutions of every geometry that models, and gradients of models, have. */
import type { Attributes } from "../../graph/operators.ts";
import type { Shape } from "../../graph/tensor.ts";
import { sample } from "../check-operator.ts";
import type { OperatorCases } from "./operator-case.ts";

export const plainConvolution: Attributes<"Conv"> = {
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  group: 1,
};

export interface Convolution {
  readonly title: string;
  readonly x: Shape;
  readonly filter: Shape;
  readonly attributes?: Partial<Attributes<"Conv">>;
}

export const convolutions: readonly Convolution[] = [
  { title: "3×3", x: [2, 3, 5, 6], filter: [4, 3, 3, 3] },
  {
    title: "3×3, padded by one",
    x: [2, 2, 5, 4],
    filter: [3, 2, 3, 3],
    attributes: { pads: [1, 1, 1, 1] },
  },
  { title: "1×1", x: [2, 4, 3, 3], filter: [3, 4, 1, 1] },
  {
    title: "1×1, stride 2",
    x: [1, 2, 6, 5],
    filter: [3, 2, 1, 1],
    attributes: { strides: [2, 2] },
  },
  {
    title: "1×1, stride 3, padded",
    x: [1, 2, 6, 5],
    filter: [3, 2, 1, 1],
    attributes: { strides: [3, 2], pads: [1, 2, 0, 1] },
  },
  {
    title: "3×3, stride 2, padded, even",
    x: [2, 2, 6, 8],
    filter: [3, 2, 3, 3],
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1] },
  },
  {
    title: "3×3, stride 2, padded, odd",
    x: [1, 2, 7, 5],
    filter: [3, 2, 3, 3],
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1] },
  },
  {
    title: "3×3, stride 2, rows never read",
    x: [1, 2, 8, 6],
    filter: [2, 2, 3, 3],
    attributes: { strides: [2, 2] },
  },
  {
    title: "3×3, stride 4, columns never read",
    x: [1, 1, 10, 14],
    filter: [2, 1, 3, 3],
    attributes: { strides: [4, 4] },
  },
  {
    title: "2×2, stride 2",
    x: [1, 3, 4, 6],
    filter: [2, 3, 2, 2],
    attributes: { strides: [2, 2] },
  },
  {
    title: "4×4, stride 4, patches",
    x: [1, 2, 8, 8],
    filter: [3, 2, 4, 4],
    attributes: { strides: [4, 4] },
  },
  {
    title: "7×7, stride 2, padded by three",
    x: [1, 1, 9, 8],
    filter: [2, 1, 7, 7],
    attributes: { strides: [2, 2], pads: [3, 3, 3, 3] },
  },
  {
    title: "pads that differ",
    x: [1, 2, 5, 5],
    filter: [2, 2, 3, 2],
    attributes: { pads: [0, 2, 1, 0] },
  },
  {
    title: "pads that differ, stride 2",
    x: [1, 2, 6, 7],
    filter: [2, 2, 3, 4],
    attributes: { strides: [2, 2], pads: [0, 2, 1, 3] },
  },
  {
    title: "pads wider than the filter",
    x: [1, 1, 3, 4],
    filter: [2, 1, 2, 1],
    attributes: { pads: [3, 2, 2, 1] },
  },
  {
    title: "pads wider than the filter, stride 2",
    x: [1, 1, 3, 4],
    filter: [2, 1, 2, 1],
    attributes: { strides: [2, 2], pads: [5, 2, 4, 3] },
  },
  {
    title: "strides that differ",
    x: [1, 2, 7, 6],
    filter: [2, 2, 3, 3],
    attributes: { strides: [1, 3], pads: [1, 1, 1, 1] },
  },
  {
    title: "dilated",
    x: [1, 2, 7, 8],
    filter: [2, 2, 3, 3],
    attributes: { dilations: [2, 3], pads: [2, 1, 0, 3] },
  },
  {
    title: "dilated along the axis without stride",
    x: [1, 2, 7, 8],
    filter: [2, 2, 3, 3],
    attributes: { strides: [1, 2], dilations: [2, 1] },
  },
  {
    title: "eight channels, dilated, pads that differ",
    x: [2, 8, 5, 4],
    filter: [3, 8, 3, 2],
    attributes: { dilations: [2, 1], pads: [2, 0, 1, 1] },
  },
  { title: "1×1, nine channels", x: [2, 9, 3, 2], filter: [2, 9, 1, 1] },
  {
    title: "dilated and strided",
    x: [1, 2, 9, 8],
    filter: [2, 2, 3, 2],
    attributes: { strides: [2, 3], dilations: [2, 2], pads: [1, 0, 2, 1] },
  },
  {
    title: "two groups",
    x: [2, 4, 5, 4],
    filter: [6, 2, 3, 3],
    attributes: { group: 2, pads: [1, 1, 1, 1] },
  },
  {
    title: "two groups, stride 2",
    x: [2, 4, 5, 6],
    filter: [6, 2, 3, 3],
    attributes: { group: 2, strides: [2, 2], pads: [1, 1, 1, 1] },
  },
  {
    title: "two groups, 1×1, stride 2",
    x: [2, 4, 5, 6],
    filter: [2, 2, 1, 1],
    attributes: { group: 2, strides: [2, 2] },
  },
  {
    title: "depthwise",
    x: [2, 3, 5, 4],
    filter: [3, 1, 3, 3],
    attributes: { group: 3, pads: [1, 1, 1, 1] },
  },
  {
    title: "depthwise, stride 2",
    x: [2, 3, 6, 5],
    filter: [3, 1, 3, 3],
    attributes: { group: 3, strides: [2, 2], pads: [1, 1, 1, 1] },
  },
  {
    title: "depthwise, stride 2, padded at the end only",
    x: [1, 3, 6, 6],
    filter: [3, 1, 3, 3],
    attributes: { group: 3, strides: [2, 2], pads: [0, 0, 1, 1] },
  },
  {
    title: "depthwise, 5×5, stride 2, two maps a channel",
    x: [1, 2, 7, 8],
    filter: [4, 1, 5, 5],
    attributes: { group: 2, strides: [2, 2], pads: [2, 2, 2, 2] },
  },
  {
    title: "a filter as large as the picture",
    x: [2, 3, 4, 3],
    filter: [2, 3, 4, 3],
  },
  {
    title: "3×3, stride 2, sixteen channels",
    x: [2, 16, 8, 8],
    filter: [32, 16, 3, 3],
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1] },
  },
  {
    title: "depthwise, sixteen channels",
    x: [2, 16, 8, 8],
    filter: [16, 1, 3, 3],
    attributes: { group: 16, pads: [1, 1, 1, 1] },
  },
  {
    title: "depthwise, stride 2, sixteen channels",
    x: [2, 16, 8, 8],
    filter: [16, 1, 3, 3],
    attributes: { group: 16, strides: [2, 2], pads: [1, 1, 1, 1] },
  },
  {
    title:
      "the filter's gradient of a strided 3×3: filters of 7×7, dilated, cropped",
    x: [3, 4, 16, 16],
    filter: [8, 4, 7, 7],
    attributes: { dilations: [2, 2], pads: [1, 1, 1, 1] },
  },
];

/** Shapes [N, C, H, W] and [C, M/group, kH, kW]. */
export const transposedConvolutions: readonly (Convolution & {
  readonly outputPadding?: readonly [number, number];
})[] = [
  { title: "3×3", x: [2, 2, 3, 4], filter: [2, 3, 3, 3] },
  {
    title: "stride 2",
    x: [1, 2, 3, 4],
    filter: [2, 3, 3, 3],
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1] },
  },
  {
    title: "stride 2, output padding",
    x: [1, 2, 3, 4],
    filter: [2, 3, 3, 3],
    attributes: { strides: [2, 3], pads: [1, 0, 1, 0] },
    outputPadding: [1, 2],
  },
  {
    title: "output padding of a stride, dilated",
    x: [1, 2, 3, 4],
    filter: [2, 2, 2, 2],
    attributes: { strides: [1, 2], dilations: [3, 2] },
    outputPadding: [2, 1],
  },
  {
    title: "two groups",
    x: [2, 4, 3, 3],
    filter: [4, 2, 2, 3],
    attributes: { group: 2, strides: [2, 1] },
  },
  {
    title: "depthwise",
    x: [1, 3, 3, 3],
    filter: [3, 1, 2, 2],
    attributes: { group: 3, strides: [2, 2] },
  },
];

export const convolution = {
  Conv: convolutions.flatMap(({ title, x, filter, attributes }) =>
    [true, false].map((hasBias) => ({
      title: hasBias ? title : `${title}, no bias`,
      inputs: [
        sample(x, 1),
        sample(filter, 2),
        ...(hasBias ? [sample([filter[0]], 3)] : []),
      ],
      attributes: { ...plainConvolution, ...attributes },
    })),
  ),
  ConvTranspose: transposedConvolutions.map(
    ({ title, x, filter, attributes, outputPadding = [0, 0] }) => {
      const a = { ...plainConvolution, ...attributes, outputPadding };
      return {
        title,
        inputs: [
          sample(x, 1),
          sample(filter, 2),
          sample([filter[1] * a.group], 3),
        ],
        attributes: a,
      };
    },
  ),
} satisfies OperatorCases;
