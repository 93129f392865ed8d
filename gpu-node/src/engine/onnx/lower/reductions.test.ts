import { describe, expect, it } from "vitest";
import { int64Tensor, intAttributes } from "../check-onnx-file.ts";
import {
  expectAsOnnxRuntime,
  lowerFile,
  oneOperator,
  type OneOperator,
} from "../check-lowering.ts";

const shapes = [[2, 3, 4, 5]] as const;

describe("reductions mean what ONNX Runtime computes", () => {
  const kinds = [
    "Sum",
    "Mean",
    "Max",
    "Min",
    "Prod",
    "L1",
    "L2",
    "SumSquare",
    "LogSumExp",
  ];
  const cases: readonly (readonly [title: string, one: OneOperator])[] = [
    ...kinds.flatMap((kind) => {
      const op = `Reduce${kind}`;
      return [
        [
          `${op} over an attribute's axes, opset 11`,
          {
            opset: 11,
            op,
            shapes,
            attributes: intAttributes({ axes: [-1, 1] }),
          },
        ],
        [
          `${op} over an input's axes, opset 18`,
          {
            opset: 18,
            op,
            shapes,
            constants: [int64Tensor("axes", [2, -1])],
            attributes: intAttributes({ keepdims: 0 }),
          },
        ],
        [
          `${op} over everything`,
          { opset: 13, op, shapes, attributes: intAttributes({ keepdims: 0 }) },
        ],
      ] as const;
    }),
    [
      "ReduceSum over an input's axes, opset 13",
      {
        opset: 13,
        op: "ReduceSum",
        shapes,
        constants: [int64Tensor("axes", [0, 2])],
      },
    ],
    [
      "ReduceSum over no axes, opset 13",
      {
        opset: 13,
        op: "ReduceSum",
        shapes,
        attributes: intAttributes({ noop_with_empty_axes: 1 }),
      },
    ],
    [
      "ReduceMean with an empty list of axes is over everything, opset 18",
      {
        opset: 18,
        op: "ReduceMean",
        shapes,
        constants: [int64Tensor("axes", [])],
      },
    ],
    ["GlobalAveragePool", { opset: 1, op: "GlobalAveragePool", shapes }],
    ["GlobalMaxPool", { opset: 1, op: "GlobalMaxPool", shapes }],
    [
      "Softmax from opset 13 is over the last axis",
      { opset: 13, op: "Softmax", shapes },
    ],
    [
      "Softmax of opset 13 over the channels",
      {
        opset: 13,
        op: "Softmax",
        shapes,
        attributes: intAttributes({ axis: 1 }),
      },
    ],
    [
      "Softmax before opset 13 is over all axes behind the first",
      { opset: 11, op: "Softmax", shapes },
    ],
    [
      "Softmax before opset 13, axis 2",
      {
        opset: 7,
        op: "Softmax",
        shapes,
        attributes: intAttributes({ axis: 2 }),
      },
    ],
    [
      "Softmax before opset 13, axis −1",
      {
        opset: 11,
        op: "Softmax",
        shapes,
        attributes: intAttributes({ axis: -1 }),
      },
    ],
    [
      "LogSoftmax before opset 13",
      {
        opset: 11,
        op: "LogSoftmax",
        shapes,
        attributes: intAttributes({ axis: 3 }),
      },
    ],
    [
      "LogSoftmax of opset 13",
      {
        opset: 13,
        op: "LogSoftmax",
        shapes,
        attributes: intAttributes({ axis: -2 }),
      },
    ],
  ];
  it.each(cases)("%s", (_title, one) =>
    expectAsOnnxRuntime(oneOperator(one), 2e-5),
  );

  it.each([
    [
      "ArgMax keeping the axis",
      {
        opset: 13,
        op: "ArgMax",
        shapes,
        attributes: intAttributes({ axis: -1 }),
      },
    ],
    [
      "ArgMax dropping the axis",
      {
        opset: 13,
        op: "ArgMax",
        shapes,
        attributes: intAttributes({ axis: 1, keepdims: 0 }),
      },
    ],
    [
      "ArgMin",
      {
        opset: 13,
        op: "ArgMin",
        shapes,
        attributes: intAttributes({ axis: 2 }),
      },
    ],
  ] satisfies [string, OneOperator][])("%s", (_title, one) =>
    expectAsOnnxRuntime({
      ...oneOperator(one),
      outputs: [{ name: "y0", type: "int64" }],
    }),
  );

  it("ReduceLogSum is the logarithm of the sum of what is above 0", () =>
    expectAsOnnxRuntime({
      opset: 13,
      inputs: [{ name: "x", shape: [2, 3, 4] }],
      outputs: [{ name: "y" }],
      nodes: [
        { op: "Exp", inputs: ["x"], outputs: ["e"] },
        {
          op: "ReduceLogSum",
          inputs: ["e"],
          outputs: ["y"],
          attributes: intAttributes({ axes: [1] }),
        },
      ],
    }));
});

it.each([
  [
    "an axis that is not there",
    intAttributes({ axes: [4] }),
    /axis 4 is not one of a tensor of 4 axes/,
  ],
  [
    "an axis twice",
    intAttributes({ axes: [1, -3] }),
    /axes \[1,-3\] name an axis twice/,
  ],
])("refuses %s", (_title, attributes, message) => {
  const file = oneOperator({ opset: 11, op: "ReduceMean", shapes, attributes });
  expect(() => lowerFile(file)).toThrow(message);
});
