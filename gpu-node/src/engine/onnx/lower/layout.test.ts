import { describe, expect, it } from "vitest";
import { floatTensor, int64Tensor, intAttributes } from "../check-onnx-file.ts";
import {
  expectAsOnnxRuntime,
  lowerFile,
  oneOperator,
  type OneOperator,
} from "../check-lowering.ts";

type Integers = Readonly<Record<string, number | readonly number[]>>;
const shaped = (
  op: string,
  opset: number,
  shape: readonly number[],
  attributes: Integers = {},
  constants: OneOperator["constants"] = [],
): OneOperator => ({
  op,
  opset,
  shapes: [shape],
  constants,
  attributes: intAttributes(attributes),
});
const list = int64Tensor;

describe("layout operators mean what ONNX Runtime computes", () => {
  const x = [2, 3, 4, 5];
  const cases: readonly (readonly [title: string, one: OneOperator])[] = [
    [
      "Reshape with −1 and 0",
      shaped("Reshape", 7, x, {}, [list("shape", [0, -1, 5])]),
    ],
    [
      "Reshape with allowzero, opset 14",
      shaped("Reshape", 14, [2, 0, 3], { allowzero: 1 }, [
        list("shape", [0, 6]),
      ]),
    ],
    ["Flatten by default", shaped("Flatten", 9, x)],
    ["Flatten at axis 0", shaped("Flatten", 13, x, { axis: 0 })],
    ["Flatten at the end", shaped("Flatten", 13, x, { axis: 4 })],
    ["Flatten at a negative axis", shaped("Flatten", 13, x, { axis: -1 })],
    [
      "Squeeze by an attribute, opset 11",
      shaped("Squeeze", 11, [2, 1, 3, 1], { axes: [-1] }),
    ],
    [
      "Squeeze by an input, opset 13",
      shaped("Squeeze", 13, [2, 1, 3, 1], {}, [list("axes", [1, 3])]),
    ],
    ["Squeeze whatever is 1", shaped("Squeeze", 13, [2, 1, 3, 1])],
    [
      "Unsqueeze by an attribute, opset 11",
      shaped("Unsqueeze", 11, [2, 3], { axes: [0, 3] }),
    ],
    [
      "Unsqueeze by an input, opset 13",
      shaped("Unsqueeze", 13, [2, 3], {}, [list("axes", [-1, 1])]),
    ],
    ["Transpose reversing", shaped("Transpose", 13, x)],
    [
      "Transpose NHWC to NCHW",
      shaped("Transpose", 13, x, { perm: [0, 3, 1, 2] }),
    ],
    [
      "Slice by attributes, opset 7",
      shaped("Slice", 7, x, { starts: [0, 1], ends: [9999, -1], axes: [1, 3] }),
    ],
    [
      "Slice by inputs backwards, opset 10",
      shaped("Slice", 10, x, {}, [
        list("starts", [-1, 4]),
        list("ends", [-(2n ** 63n), 0]),
        list("axes", [1, -1]),
        list("steps", [-1, -2]),
      ]),
    ],
    [
      "Slice to the end, without axes and steps",
      shaped("Slice", 13, x, {}, [
        list("starts", [1, 0]),
        list("ends", [2n ** 63n - 1n, 2]),
      ]),
    ],
    [
      "Split evenly by its outputs, opset 11",
      { ...shaped("Split", 11, x, { axis: 2 }), outputs: 2 },
    ],
    [
      "Split by an attribute, opset 7",
      { ...shaped("Split", 7, x, { axis: 3, split: [1, 4] }), outputs: 2 },
    ],
    [
      "Split by an input, opset 13",
      {
        ...shaped("Split", 13, x, { axis: -1 }, [list("split", [2, 3])]),
        outputs: 2,
      },
    ],
    [
      "Split by num_outputs unevenly, opset 18",
      { ...shaped("Split", 18, x, { axis: 3, num_outputs: 2 }), outputs: 2 },
    ],
    [
      "Pad by attributes, opset 7",
      {
        ...shaped("Pad", 7, x),
        attributes: {
          pads: { ints: [0, 0, 1, 2, 0, 1, 0, 3] },
          value: { float: 0.5 },
        },
      },
    ],
    [
      "Pad by inputs, opset 11",
      shaped("Pad", 11, x, {}, [
        list("pads", [0, 0, 1, 2, 0, 1, 0, 3]),
        floatTensor("value", [], [-2]),
      ]),
    ],
    [
      "Pad cropping",
      shaped("Pad", 13, x, {}, [list("pads", [0, 0, -1, 2, 0, 0, 0, -3])]),
    ],
    [
      "Pad by named axes, opset 18",
      shaped("Pad", 18, x, {}, [
        list("pads", [1, 2, 3, 0]),
        null,
        list("axes", [-1, 2]),
      ]),
    ],
    ...["reflect", "edge"].map(
      (mode) =>
        [
          `Pad, mode ${mode}`,
          {
            ...shaped("Pad", 13, x, {}, [
              list("pads", [0, 0, 2, 1, 0, 0, 1, 3]),
            ]),
            attributes: { mode: { text: mode } },
          },
        ] as const,
    ),
    [
      "Pad, mode wrap, opset 19",
      {
        ...shaped("Pad", 19, x, {}, [list("pads", [0, 0, 2, 1, 0, 0, 1, 3])]),
        attributes: { mode: { text: "wrap" } },
      },
    ],
    [
      "Expand both ways",
      shaped("Expand", 8, [3, 1], {}, [list("shape", [2, 1, 4])]),
    ],
    ["Tile", shaped("Tile", 13, [2, 3], {}, [list("repeats", [2, 3])])],
    [
      "Concat along a negative axis",
      {
        opset: 13,
        op: "Concat",
        shapes: [
          [2, 3],
          [2, 1],
          [2, 2],
        ],
        attributes: { axis: { int: -1 } },
      },
    ],
    [
      "DepthToSpace DCR",
      shaped("DepthToSpace", 11, [2, 12, 2, 3], { blocksize: 2 }),
    ],
    [
      "DepthToSpace CRD",
      {
        ...shaped("DepthToSpace", 11, [2, 12, 2, 3]),
        attributes: { blocksize: { int: 2 }, mode: { text: "CRD" } },
      },
    ],
    [
      "SpaceToDepth",
      shaped("SpaceToDepth", 11, [2, 3, 4, 6], { blocksize: 2 }),
    ],
  ];
  it.each(cases)("%s", (_title, one) => expectAsOnnxRuntime(oneOperator(one)));
});

describe("what does not fit is refused, naming the node", () => {
  const x = [2, 3, 4];
  it.each([
    [
      "two free sizes",
      shaped("Reshape", 13, x, {}, [list("shape", [-1, -1])]),
      /Reshape "y0".*cannot take the shape/,
    ],
    [
      "a size that does not divide",
      shaped("Reshape", 13, x, {}, [list("shape", [5, -1])]),
      /Reshape "y0".*cannot take the shape/,
    ],
    [
      "a size below −1",
      shaped("Reshape", 13, x, {}, [list("shape", [-2, 12])]),
      /Reshape "y0".*cannot take the shape/,
    ],
    [
      "another count",
      shaped("Reshape", 13, x, {}, [list("shape", [5, 5])]),
      /Reshape "y0"/,
    ],
    [
      "an axis that is not there",
      shaped("Flatten", 13, x, { axis: 7 }),
      /axis 7 is not one of a tensor of 3 axes/,
    ],
    [
      "squeezing what is not 1",
      shaped("Squeeze", 13, x, {}, [list("axes", [0])]),
      /axis 0 of \[2,3,4\] is not 1/,
    ],
    [
      "axes twice",
      shaped("Unsqueeze", 13, x, {}, [list("axes", [1, 1])]),
      /name an axis twice/,
    ],
    [
      "a permutation that is none",
      shaped("Transpose", 13, x, { perm: [0, 0, 1] }),
      /Transpose "y0"/,
    ],
    [
      "parts that do not add up",
      {
        ...shaped("Split", 13, x, { axis: 1 }, [list("split", [2, 2])]),
        outputs: 2,
      },
      /cannot be cut/,
    ],
    [
      "a step of 0",
      shaped("Slice", 13, x, {}, [
        list("starts", [0]),
        list("ends", [1]),
        list("axes", [0]),
        list("steps", [0]),
      ]),
      /Slice "y0"/,
    ],
    [
      "pads of another rank",
      shaped("Pad", 13, x, {}, [list("pads", [1, 1])]),
      /Pad "y0"/,
    ],
    [
      "an expansion that does not fit",
      shaped("Expand", 13, x, {}, [list("shape", [2, 2, 4])]),
      /Expand "y0"/,
    ],
    [
      "blocks that do not divide",
      shaped("SpaceToDepth", 13, [1, 1, 3, 3], { blocksize: 2 }),
      /SpaceToDepth "y0"/,
    ],
    [
      "a block of 0",
      shaped("DepthToSpace", 13, [1, 4, 3, 3], { blocksize: 0 }),
      /DepthToSpace "y0"/,
    ],
  ] satisfies [string, OneOperator, RegExp][])("%s", (_title, one, message) => {
    expect(() => lowerFile(oneOperator(one))).toThrow(message);
  });
});
