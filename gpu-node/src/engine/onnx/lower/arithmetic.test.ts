import { describe, expect, it } from "vitest";
import {
  dataTypes,
  floatTensor,
  int64Tensor,
  type FileNode,
  type OnnxFile,
} from "../check-onnx-file.ts";
import {
  constant,
  expectAsOnnxRuntime,
  lowerFile,
  oneOperator,
  type OneOperator,
} from "../check-lowering.ts";

const two = [
  [2, 1, 4],
  [3, 1],
] as const;

describe("arithmetic means what ONNX Runtime computes", () => {
  const cases: readonly (readonly [title: string, one: OneOperator])[] = [
    ...["Add", "Sub", "Mul", "Div"].map(
      (op) => [`${op}, broadcast`, { opset: 7, op, shapes: two }] as const,
    ),
    ...["Max", "Min", "Sum", "Mean"].map(
      (op) =>
        [
          `${op} of three, broadcast`,
          { opset: 13, op, shapes: [...two, [2, 3, 1]] },
        ] as const,
    ),
    ["Max of one", { opset: 13, op: "Max", shapes: [[2, 3]] }],
    [
      "Mod with the sign of the dividend",
      {
        opset: 13,
        op: "Mod",
        shapes: [[2, 3]],
        constants: [floatTensor("by", [], [0.3])],
        attributes: { fmod: { int: 1 } },
      },
    ],
  ];
  it.each(cases)("%s", (_title, one) => expectAsOnnxRuntime(oneOperator(one)));
});

/** `op` of two inputs, and its result as float32. */
const asFloats = (nodes: readonly FileNode[]): OnnxFile => ({
  opset: 20,
  inputs: [
    { name: "x0", shape: [2, 1, 4] },
    { name: "x1", shape: [3, 1] },
  ],
  outputs: [{ name: "y0" }],
  initializers: [
    floatTensor("half", [], [0.5]),
    floatTensor("zero", [], [0]),
    constant("third", [4]),
  ],
  nodes: [
    ...nodes,
    {
      op: "Cast",
      inputs: ["truth"],
      outputs: ["y0"],
      attributes: { to: { int: dataTypes.float } },
    },
  ],
});
const truth = (op: string, ...inputs: string[]): FileNode => ({
  op,
  inputs,
  outputs: ["truth"],
});
const greater = (name: string, ...inputs: string[]): FileNode => ({
  op: "Greater",
  inputs,
  outputs: [name],
});

describe("truth values mean what ONNX Runtime computes", () => {
  it.each([
    ["Greater", [truth("Greater", "x0", "x1")]],
    ["GreaterOrEqual", [truth("GreaterOrEqual", "x0", "x0")]],
    ["Less", [truth("Less", "x0", "x1")]],
    ["LessOrEqual", [truth("LessOrEqual", "x0", "x1")]],
    ["Equal", [truth("Equal", "x0", "x0")]],
    ...["And", "Or", "Xor"].map(
      (op) =>
        [
          op,
          [
            greater("a", "x0", "zero"),
            greater("b", "x1", "half"),
            truth(op, "a", "b"),
          ],
        ] as const,
    ),
    ["Not", [greater("a", "x0", "zero"), truth("Not", "a")]],
    [
      "Where, broadcast",
      [greater("a", "x0", "zero"), truth("Where", "a", "x1", "third")],
    ],
    [
      "IsInf",
      [
        { op: "Div", inputs: ["x0", "zero"], outputs: ["a"] },
        truth("IsInf", "a"),
      ],
    ],
    [
      "IsNaN",
      [
        { op: "Div", inputs: ["zero", "zero"], outputs: ["a"] },
        { op: "Mul", inputs: ["a", "x0"], outputs: ["b"] },
        truth("IsNaN", "b"),
      ],
    ],
  ] satisfies (readonly [string, readonly FileNode[]])[])(
    "%s",
    (_title, nodes) => expectAsOnnxRuntime(asFloats(nodes)),
  );
});

describe("conversions", () => {
  const cast = (to: number, opset: number, attributes = {}): OnnxFile => {
    const file = oneOperator({
      opset,
      op: "Cast",
      shapes: [[2, 3]],
      attributes: { to: { int: to }, ...attributes },
    });
    return {
      ...file,
      outputs: [
        { name: "y0", type: to === dataTypes.int64 ? "int64" : "bool" },
      ],
    };
  };
  it.each([
    ["to integers, towards zero", cast(dataTypes.int64, 13)],
    ["to truth values", cast(dataTypes.bool, 13)],
    [
      "with saturate, opset 19",
      cast(dataTypes.int64, 19, { saturate: { int: 1 } }),
    ],
  ])("Cast %s", (_title, file) => expectAsOnnxRuntime(file));

  it("CastLike takes the type of its second input", async () => {
    const file = oneOperator({
      opset: 15,
      op: "CastLike",
      shapes: [[2, 3]],
      constants: [int64Tensor("like", [1])],
    });
    await expectAsOnnxRuntime({
      ...file,
      outputs: [{ name: "y0", type: "int64" }],
    });
  });

  it("refuses text, naming the node", () => {
    expect(() => lowerFile(cast(dataTypes.string, 13))).toThrow(
      'model.onnx: Cast "y0" (opset 13): values cannot be converted to string',
    );
  });
});
