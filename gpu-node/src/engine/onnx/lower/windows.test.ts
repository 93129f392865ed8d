import { describe, expect, it } from "vitest";
import { intAttributes } from "../check-onnx-file.ts";
import {
  constant,
  expectAsOnnxRuntime,
  lowerFile,
  oneOperator,
  type OneOperator,
} from "../check-lowering.ts";

const picture = [[2, 4, 9, 8]] as const;
const sequences = [[2, 4, 9]] as const;
const filter = constant("filter", [6, 4, 3, 2]);

const conv = (attributes: OneOperator["attributes"]): OneOperator => ({
  opset: 11,
  op: "Conv",
  shapes: picture,
  constants: [filter, constant("bias", [6])],
  attributes,
});
const pool = (
  op: string,
  opset: number,
  attributes: Readonly<Record<string, number | readonly number[]>>,
): OneOperator => ({
  opset,
  op,
  shapes: picture,
  attributes: intAttributes(attributes),
});

describe("convolutions and pools mean what ONNX Runtime computes", () => {
  const cases: readonly (readonly [title: string, one: OneOperator])[] = [
    ["Conv without any attribute", conv({})],
    [
      "Conv, uneven pads and strides, dilated",
      conv(
        intAttributes({
          pads: [1, 0, 2, 1],
          strides: [2, 3],
          dilations: [2, 1],
        }),
      ),
    ],
    ...["SAME_UPPER", "SAME_LOWER", "VALID"].map(
      (mode) =>
        [
          `Conv, auto_pad ${mode}, stride 2`,
          conv({
            auto_pad: { text: mode },
            ...intAttributes({ strides: [2, 2], kernel_shape: [3, 2] }),
          }),
        ] as const,
    ),
    [
      "Conv by depth, TensorFlow's SAME",
      {
        opset: 13,
        op: "Conv",
        shapes: picture,
        constants: [constant("filter", [8, 1, 3, 3])],
        attributes: {
          group: { int: 4 },
          auto_pad: { text: "SAME_UPPER" },
          strides: { ints: [2, 2] },
        },
      },
    ],
    [
      "Conv over a sequence",
      {
        opset: 13,
        op: "Conv",
        shapes: sequences,
        constants: [constant("filter", [5, 4, 3])],
        attributes: intAttributes({ pads: [1, 2], strides: [2] }),
      },
    ],
    [
      "ConvTranspose with output padding",
      {
        opset: 11,
        op: "ConvTranspose",
        shapes: picture,
        constants: [constant("filter", [4, 3, 3, 3]), constant("bias", [3])],
        attributes: intAttributes({
          strides: [2, 2],
          pads: [1, 1, 1, 1],
          output_padding: [1, 0],
        }),
      },
    ],
    [
      "ConvTranspose in groups, SAME_UPPER",
      {
        opset: 11,
        op: "ConvTranspose",
        shapes: picture,
        constants: [constant("filter", [4, 2, 3, 3])],
        attributes: {
          group: { int: 2 },
          strides: { ints: [2, 2] },
          auto_pad: { text: "SAME_UPPER" },
        },
      },
    ],
    [
      "MaxPool, opset 8",
      pool("MaxPool", 8, {
        kernel_shape: [3, 3],
        strides: [2, 2],
        pads: [1, 1, 1, 1],
      }),
    ],
    [
      "MaxPool rounding up",
      pool("MaxPool", 10, {
        kernel_shape: [3, 3],
        strides: [2, 2],
        ceil_mode: 1,
      }),
    ],
    [
      "MaxPool dilated",
      pool("MaxPool", 12, { kernel_shape: [2, 3], dilations: [2, 2] }),
    ],
    [
      "MaxPool, SAME_UPPER",
      {
        ...pool("MaxPool", 12, {}),
        attributes: {
          auto_pad: { text: "SAME_UPPER" },
          ...intAttributes({ kernel_shape: [3, 3], strides: [2, 2] }),
        },
      },
    ],
    [
      "AveragePool leaving the padding out",
      pool("AveragePool", 7, { kernel_shape: [3, 3], pads: [1, 1, 0, 1] }),
    ],
    [
      "AveragePool counting the padding",
      pool("AveragePool", 11, {
        kernel_shape: [3, 3],
        strides: [2, 2],
        pads: [1, 1, 1, 1],
        count_include_pad: 1,
      }),
    ],
    [
      "AveragePool rounding up and counting the padding",
      pool("AveragePool", 19, {
        kernel_shape: [3, 3],
        strides: [2, 2],
        pads: [1, 1, 1, 1],
        ceil_mode: 1,
        count_include_pad: 1,
      }),
    ],
    [
      "AveragePool rounding up",
      pool("AveragePool", 10, {
        kernel_shape: [3, 3],
        strides: [2, 2],
        ceil_mode: 1,
      }),
    ],
    [
      "AveragePool dilated, opset 19",
      pool("AveragePool", 19, { kernel_shape: [2, 2], dilations: [3, 2] }),
    ],
    [
      "AveragePool over a sequence",
      {
        opset: 11,
        op: "AveragePool",
        shapes: sequences,
        attributes: intAttributes({ kernel_shape: [3], strides: [2] }),
      },
    ],
    [
      "MaxPool over a sequence",
      {
        opset: 11,
        op: "MaxPool",
        shapes: sequences,
        attributes: intAttributes({ kernel_shape: [2], pads: [1, 0] }),
      },
    ],
  ];
  it.each(cases)("%s", (_title, one) =>
    expectAsOnnxRuntime(oneOperator(one), 2e-5),
  );
});

describe("what does not fit is refused, naming the node", () => {
  it.each([
    [
      "pads of another rank",
      conv(intAttributes({ pads: [1, 1] })),
      /pads \[1,1\] do not fit/,
    ],
    [
      "another kernel_shape than the filter's",
      conv(intAttributes({ kernel_shape: [5, 5] })),
      /kernel_shape \[5,5\] differs/,
    ],
    [
      "a stride of 0",
      conv({ auto_pad: { text: "SAME_UPPER" }, strides: { ints: [0, 1] } }),
      /stride/,
    ],
    [
      "an auto_pad that is none",
      conv({ auto_pad: { text: "SOME" } }),
      /auto_pad "SOME" is unknown/,
    ],
    [
      "five axes",
      { ...conv({}), shapes: [[1, 4, 3, 3, 3]] },
      /pictures \[N,C,H,W\] or sequences/,
    ],
    [
      "a filter larger than the picture",
      { ...conv({}), constants: [constant("filter", [6, 4, 30, 2])] },
      /Conv "y0"/,
    ],
    [
      "channels that differ",
      { ...conv({}), constants: [constant("filter", [6, 5, 3, 2])] },
      /Conv "y0"/,
    ],
  ] satisfies [string, OneOperator, RegExp][])("%s", (_title, one, message) => {
    expect(() => lowerFile(oneOperator(one))).toThrow(message);
  });
});
