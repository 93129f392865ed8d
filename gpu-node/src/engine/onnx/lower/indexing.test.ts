import { describe, expect, it } from "vitest";
import { int64Tensor, intAttributes } from "../check-onnx-file.ts";
import {
  constant,
  expectAsOnnxRuntime,
  lowerFile,
  oneOperator,
  type OneOperator,
} from "../check-lowering.ts";

const x = [[3, 4, 5]] as const;

describe("reading and writing by indices means what ONNX Runtime computes", () => {
  const cases: readonly (readonly [title: string, one: OneOperator])[] = [
    [
      "Gather rows, as position tables are read",
      {
        opset: 13,
        op: "Gather",
        shapes: x,
        constants: [int64Tensor("indices", [2, 0, -1, 1], [2, 2])],
      },
    ],
    [
      "Gather one, dropping the axis",
      {
        opset: 13,
        op: "Gather",
        shapes: x,
        constants: [int64Tensor("indices", [3], [])],
        attributes: intAttributes({ axis: 1 }),
      },
    ],
    [
      "GatherElements",
      {
        opset: 13,
        op: "GatherElements",
        shapes: x,
        constants: [int64Tensor("indices", [2, 0, 1, -1], [1, 4, 1])],
        attributes: intAttributes({ axis: 2 }),
      },
    ],
    [
      "GatherND of rows",
      {
        opset: 13,
        op: "GatherND",
        shapes: x,
        constants: [int64Tensor("indices", [0, 1, 2, -1], [2, 2])],
      },
    ],
    [
      "GatherND of elements",
      {
        opset: 13,
        op: "GatherND",
        shapes: x,
        constants: [int64Tensor("indices", [0, 1, 4, 2, 0, 0], [2, 1, 3])],
      },
    ],
    ...[9, 13].map(
      (opset) =>
        [
          `${opset < 11 ? "Scatter" : "ScatterElements"}, opset ${opset}`,
          {
            opset,
            op: opset < 11 ? "Scatter" : "ScatterElements",
            shapes: x,
            constants: [
              int64Tensor("indices", [1, 0, 2, 2, 1, 0], [1, 2, 3]),
              constant("updates", [1, 2, 3]),
            ],
            attributes: intAttributes({ axis: 1 }),
          },
        ] as const,
    ),
    [
      "ScatterElements adding, opset 16",
      {
        opset: 16,
        op: "ScatterElements",
        shapes: x,
        constants: [
          int64Tensor("indices", [1, 1, 1], [1, 1, 3]),
          constant("updates", [1, 1, 3]),
        ],
        attributes: { axis: { int: 0 }, reduction: { text: "add" } },
      },
    ],
    [
      "ScatterND of rows",
      {
        opset: 13,
        op: "ScatterND",
        shapes: x,
        constants: [
          int64Tensor("indices", [0, 1, 2, 3], [2, 2]),
          constant("updates", [2, 5]),
        ],
      },
    ],
  ];
  it.each(cases)("%s", (_title, one) => expectAsOnnxRuntime(oneOperator(one)));
});

describe("what does not fit is refused, naming the node", () => {
  const gather = (...indices: number[]): OneOperator => ({
    opset: 13,
    op: "Gather",
    shapes: x,
    constants: [int64Tensor("indices", indices)],
  });
  it.each([
    ["an index beyond the end", gather(3)],
    ["an index before the start", gather(-4)],
    [
      "a reduction that is none",
      {
        opset: 16,
        op: "ScatterElements",
        shapes: x,
        constants: [
          int64Tensor("indices", [0], [1, 1, 1]),
          constant("updates", [1, 1, 1]),
        ],
        attributes: { reduction: { text: "xor" } },
      },
    ],
    [
      "tuples wider than the data",
      {
        opset: 13,
        op: "GatherND",
        shapes: x,
        constants: [int64Tensor("indices", [0, 0, 0, 0], [1, 4])],
      },
    ],
    [
      "an index tuple beyond the end",
      {
        opset: 13,
        op: "GatherND",
        shapes: x,
        constants: [int64Tensor("indices", [0, 4], [1, 2])],
      },
    ],
    [
      "updates of another shape",
      {
        opset: 13,
        op: "ScatterND",
        shapes: x,
        constants: [
          int64Tensor("indices", [0, 1], [1, 2]),
          constant("updates", [1, 4]),
        ],
      },
    ],
  ] satisfies [string, OneOperator][])("%s", (_title, one) => {
    expect(() => lowerFile(oneOperator(one))).toThrow(
      new RegExp(`^model.onnx: ${one.op} "y0" \\(opset ${one.opset}\\)`),
    );
  });
});
