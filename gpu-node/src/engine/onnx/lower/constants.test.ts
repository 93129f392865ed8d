import { describe, expect, it } from "vitest";
import {
  floatTensor,
  int64Tensor,
  intAttributes,
  type FileAttribute,
  type FileGraph,
  type FileNode,
  type FileTensor,
  type OnnxFile,
} from "../check-onnx-file.ts";
import { expectAsOnnxRuntime, lowerFile } from "../check-lowering.ts";

/** y = x + the value "known", which `nodes` compute. */
const added = (
  nodes: readonly FileNode[],
  initializers: readonly FileTensor[] = [],
  opset = 15,
): OnnxFile => ({
  opset,
  inputs: [{ name: "x", shape: [2, 3] }],
  outputs: [{ name: "y" }],
  initializers,
  nodes: [...nodes, { op: "Add", inputs: ["x", "known"], outputs: ["y"] }],
});
const node = (
  op: string,
  inputs: readonly string[],
  attributes: Record<string, FileAttribute> = {},
  output = "known",
): FileNode => ({ op, inputs, outputs: [output], attributes });
const toFloat = (name: string) => node("Cast", [name], { to: { int: 1 } });

describe("what is known while importing is what ONNX Runtime computes", () => {
  it.each([
    [
      "Constant, a tensor",
      added([
        node("Constant", [], {
          value: { tensor: floatTensor("", [3], [1, 2, 3]) },
        }),
      ]),
    ],
    [
      "Constant, a float",
      added([node("Constant", [], { value_float: { float: 0.5 } })]),
    ],
    [
      "Constant, floats",
      added([node("Constant", [], { value_floats: { floats: [1, 2, 3] } })]),
    ],
    [
      "Constant, an integer",
      added([
        node("Constant", [], { value_int: { int: -4 } }, "i"),
        toFloat("i"),
      ]),
    ],
    [
      "Constant, integers",
      added([
        node("Constant", [], { value_ints: { ints: [7, 8, 9] } }, "i"),
        toFloat("i"),
      ]),
    ],
    [
      "ConstantOfShape, zeros by default",
      added([node("ConstantOfShape", ["s"])], [int64Tensor("s", [2, 3])]),
    ],
    [
      "ConstantOfShape with a value",
      added(
        [
          node("ConstantOfShape", ["s"], {
            value: { tensor: floatTensor("", [1], [2.5]) },
          }),
        ],
        [int64Tensor("s", [1, 3])],
      ),
    ],
    [
      "Range downwards",
      added(
        [node("Range", ["from", "to", "by"], {}, "i"), toFloat("i")],
        [
          int64Tensor("from", [5], []),
          int64Tensor("to", [-1], []),
          int64Tensor("by", [-2], []),
        ],
      ),
    ],
    [
      "Range of floats",
      added(
        [node("Range", ["from", "to", "by"])],
        [
          floatTensor("from", [], [0]),
          floatTensor("to", [], [0.75]),
          floatTensor("by", [], [0.25]),
        ],
      ),
    ],
    [
      "Shape",
      added([node("Shape", ["x"], {}, "s"), node("ConstantOfShape", ["s"])]),
    ],
    [
      "Shape in part, opset 15",
      added([
        node("Shape", ["x"], intAttributes({ start: -1 }), "s"),
        toFloat("s"),
      ]),
    ],
    ["Size", added([node("Size", ["x"], {}, "s"), toFloat("s")])],
    [
      "CumSum, exclusive and reverse",
      added(
        [
          node(
            "CumSum",
            ["t", "axis"],
            intAttributes({ exclusive: 1, reverse: 1 }),
          ),
        ],
        [
          floatTensor("t", [2, 3], [1, 2, 3, 4, 5, 6]),
          int64Tensor("axis", [1], []),
        ],
      ),
    ],
    [
      "NonZero",
      added(
        [
          node("NonZero", ["t"], {}, "places"),
          node("ReduceSum", ["places"], intAttributes({ keepdims: 0 }), "sum"),
          toFloat("sum"),
        ],
        [floatTensor("t", [2, 3], [0, 2, 0, 4, 0, 6])],
      ),
    ],
    ["Trilu, the upper triangle", added([node("Trilu", ["x"])])],
    [
      "Trilu, the lower triangle below the diagonal",
      added(
        [node("Trilu", ["x", "k"], intAttributes({ upper: 0 }))],
        [int64Tensor("k", [-1], [])],
      ),
    ],
    [
      "Dropout before opset 12",
      added([node("Dropout", ["x"], { ratio: { float: 0.5 } })], [], 10),
    ],
    [
      "Dropout from opset 12 on",
      added(
        [{ ...node("Dropout", ["x", "ratio"]), outputs: ["known", "mask"] }],
        [floatTensor("ratio", [], [0.5])],
      ),
    ],
    [
      "Dropout in training mode that drops nothing",
      added(
        [node("Dropout", ["x", "ratio", "training"])],
        [
          floatTensor("ratio", [], [0]),
          { name: "training", dims: [], type: "bool", raw: Uint8Array.of(1) },
        ],
      ),
    ],
  ] satisfies [string, OnnxFile][])("%s", (_title, file) =>
    expectAsOnnxRuntime(file),
  );
});

describe("If", () => {
  const branch = (op: string): FileGraph => ({
    nodes: [node(op, ["x"], {}, "inner")],
    outputs: [{ name: "inner" }],
  });
  const file = (condition: number): OnnxFile =>
    added(
      [
        node("If", ["c"], {
          then_branch: { graph: branch("Neg") },
          else_branch: { graph: branch("Abs") },
        }),
      ],
      [{ name: "c", dims: [], type: "bool", raw: Uint8Array.of(condition) }],
    );
  it.each([1, 0])("takes the branch of a known condition (%i)", (condition) =>
    expectAsOnnxRuntime(file(condition)),
  );

  it("refuses a condition that depends on the image", () => {
    const depends: OnnxFile = {
      ...file(1),
      initializers: [],
      nodes: [
        node("ReduceMax", ["x"], intAttributes({ keepdims: 0 }), "most"),
        node("Cast", ["most"], { to: { int: 9 } }, "c"),
        ...file(1).nodes,
      ],
    };
    expect(() => lowerFile(depends)).toThrow(
      /If "known".*its condition depends on the image\. Export the model without control flow/,
    );
  });
});

describe("a constant without bounds is refused before it is computed", () => {
  const huge = int64Tensor("huge", [2 ** 20, 2 ** 20]);
  const overflowing = int64Tensor("huge", [2n ** 62n, 2n ** 62n]);
  const negative = int64Tensor("huge", [-1, 4]);
  it.each([
    ["ConstantOfShape", added([node("ConstantOfShape", ["huge"])], [huge])],
    [
      "ConstantOfShape, overflowing",
      added([node("ConstantOfShape", ["huge"])], [overflowing]),
    ],
    [
      "ConstantOfShape, negative",
      added([node("ConstantOfShape", ["huge"])], [negative]),
    ],
    [
      "Expand",
      added(
        [node("Expand", ["one", "huge"])],
        [huge, floatTensor("one", [], [1])],
      ),
    ],
    [
      "Tile",
      added(
        [node("Tile", ["one", "huge"])],
        [huge, floatTensor("one", [1, 1], [1])],
      ),
    ],
    [
      "Tile, negative",
      added(
        [node("Tile", ["one", "huge"])],
        [negative, floatTensor("one", [1, 1], [1])],
      ),
    ],
    [
      "Range",
      added(
        [node("Range", ["from", "to", "by"], {}, "i"), toFloat("i")],
        [
          int64Tensor("from", [0], []),
          int64Tensor("to", [2n ** 62n], []),
          int64Tensor("by", [1], []),
        ],
      ),
    ],
    [
      "Range by nothing",
      added(
        [node("Range", ["from", "to", "by"], {}, "i"), toFloat("i")],
        [
          int64Tensor("from", [0], []),
          int64Tensor("to", [1], []),
          int64Tensor("by", [0], []),
        ],
      ),
    ],
    [
      "Pad",
      added(
        [node("Pad", ["one", "huge"])],
        [int64Tensor("huge", [2 ** 40, 2 ** 40]), floatTensor("one", [1], [1])],
      ),
    ],
    [
      "Pad, wrap",
      added(
        [node("Pad", ["one", "huge"], { mode: { text: "wrap" } })],
        [int64Tensor("huge", [2 ** 40, 2 ** 40]), floatTensor("one", [1], [1])],
        19,
      ),
    ],
    [
      "Resize",
      added(
        [node("Resize", ["one", "", "", "huge"])],
        [
          int64Tensor("huge", [1, 1, 2 ** 30, 2 ** 30]),
          floatTensor("one", [1, 1, 1, 1], [1]),
        ],
      ),
    ],
    [
      "MatMul of a column and a row",
      added(
        [
          node("ConstantOfShape", ["size"], {}, "column"),
          node("Transpose", ["column"], {}, "row"),
          node("MatMul", ["column", "row"]),
        ],
        [int64Tensor("size", [2 ** 25, 1])],
      ),
    ],
    [
      "MatMul of two large squares",
      added(
        [
          node("ConstantOfShape", ["size"], {}, "square"),
          node("MatMul", ["square", "square"]),
        ],
        [int64Tensor("size", [4096, 4096])],
      ),
    ],
    [
      "Conv with a filter as large as the picture",
      added(
        [
          node("ConstantOfShape", ["size"], {}, "picture"),
          node("ConstantOfShape", ["half"], {}, "filter"),
          node("Conv", ["picture", "filter"]),
        ],
        [
          int64Tensor("size", [1, 1, 1024, 1024]),
          int64Tensor("half", [1, 1, 512, 512]),
        ],
      ),
    ],
    [
      "MaxPool with large windows",
      added(
        [
          node("ConstantOfShape", ["size"], {}, "picture"),
          node(
            "MaxPool",
            ["picture"],
            intAttributes({ kernel_shape: [512, 512] }),
          ),
        ],
        [int64Tensor("size", [1, 1, 1024, 1024])],
      ),
    ],
    [
      "a thousand modest constants",
      added(
        Array.from({ length: 1000 }, (_, i) => [
          node("ConstantOfShape", ["size"], {}, `c${i}`),
          node("Add", [i ? `s${i - 1}` : "x", `c${i}`], {}, `s${i}`),
        ])
          .flat()
          .concat(node("Add", ["s999", "x"])),
        [int64Tensor("size", [2 ** 17, 2, 3])],
      ),
    ],
    [
      "a thousand triangles",
      added(
        Array.from({ length: 1000 }, (_, i) =>
          node("Trilu", [i ? `t${i - 1}` : "wide"], {}, `t${i}`),
        )
          .toSpliced(0, 0, node("Pad", ["x", "pads"], {}, "wide"))
          .concat(node("ReduceSum", ["t999"], intAttributes({ keepdims: 0 }))),
        [int64Tensor("pads", [0, 0, 254, 509])],
      ),
    ],
    [
      "Expand of the image",
      added(
        [node("Expand", ["x", "huge"])],
        [int64Tensor("huge", [2 ** 20, 2 ** 20, 2, 3])],
      ),
    ],
    [
      "Tile of the image",
      added(
        [node("Tile", ["x", "huge"])],
        [int64Tensor("huge", [2 ** 30, 2 ** 30])],
      ),
    ],
    [
      "Pad of the image, wrap",
      added(
        [node("Pad", ["x", "huge"], { mode: { text: "wrap" } })],
        [int64Tensor("huge", [0, 2 ** 40, 0, 0])],
        19,
      ),
    ],
  ] satisfies [string, OnnxFile][])("%s", (_title, file) => {
    const before = process.memoryUsage().arrayBuffers;
    expect(() => lowerFile(file)).toThrow(
      /^model\.onnx: \w+ "\w+" \(opset \d+\)/,
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(600e6);
  });
});
