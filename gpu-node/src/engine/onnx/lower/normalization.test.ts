import { describe, expect, it } from "vitest";
import type { FileTensor } from "../check-onnx-file.ts";
import {
  constant,
  expectAsOnnxRuntime,
  lowerFile,
  oneOperator,
  type OneOperator,
} from "../check-lowering.ts";

const picture = [[2, 6, 4, 3]] as const;
const statistics: readonly FileTensor[] = [
  constant("scale", [6], 0.5, 1.5),
  constant("shift", [6]),
  constant("mean", [6]),
  constant("var", [6], 0.5, 2),
];

describe("normalisations mean what ONNX Runtime computes", () => {
  const cases: readonly (readonly [title: string, one: OneOperator])[] = [
    ...[7, 9, 14, 15].map(
      (opset) =>
        [
          `BatchNormalization, opset ${opset}`,
          {
            opset,
            op: "BatchNormalization",
            shapes: picture,
            constants: statistics,
            attributes: { epsilon: { float: 1e-3 } },
          },
        ] as const,
    ),
    [
      "BatchNormalization of [N, C]",
      {
        opset: 15,
        op: "BatchNormalization",
        shapes: [[4, 6]],
        constants: statistics,
      },
    ],
    [
      "LayerNormalization over the last axis, opset 17",
      {
        opset: 17,
        op: "LayerNormalization",
        shapes: [[2, 5, 8]],
        constants: [constant("scale", [8]), constant("shift", [8])],
      },
    ],
    [
      "LayerNormalization over the last two axes, without a shift",
      {
        opset: 17,
        op: "LayerNormalization",
        shapes: [[2, 5, 8]],
        constants: [constant("scale", [5, 8])],
        attributes: { axis: { int: 1 }, epsilon: { float: 1e-2 } },
      },
    ],
    [
      "InstanceNormalization",
      {
        opset: 6,
        op: "InstanceNormalization",
        shapes: picture,
        constants: [constant("scale", [6]), constant("shift", [6])],
      },
    ],
    [
      "GroupNormalization, a factor a group, opset 18",
      {
        opset: 18,
        op: "GroupNormalization",
        shapes: picture,
        constants: [constant("scale", [3]), constant("shift", [3])],
        attributes: { num_groups: { int: 3 } },
      },
    ],
    [
      "GroupNormalization, a factor a channel, opset 21",
      {
        opset: 21,
        op: "GroupNormalization",
        shapes: picture,
        constants: [constant("scale", [6]), constant("shift", [6])],
        attributes: { num_groups: { int: 3 } },
      },
    ],
    ...[1, 2].map(
      (p) =>
        [
          `LpNormalization, p = ${p}`,
          {
            opset: 13,
            op: "LpNormalization",
            shapes: [[2, 5, 4]],
            attributes: { p: { int: p }, axis: { int: 1 } },
          },
        ] as const,
    ),
    [
      "LRN over three channels",
      {
        opset: 13,
        op: "LRN",
        shapes: picture,
        attributes: {
          size: { int: 3 },
          alpha: { float: 0.3 },
          bias: { float: 2 },
        },
      },
    ],
    [
      "MeanVarianceNormalization",
      { opset: 13, op: "MeanVarianceNormalization", shapes: picture },
    ],
  ];
  it.each(cases)("%s", (_title, one) =>
    expectAsOnnxRuntime(oneOperator(one), 3e-5),
  );
});

describe("training mode is refused with the mend", () => {
  const batchNorm = {
    op: "BatchNormalization",
    shapes: picture,
    constants: statistics,
  };
  it.each([
    [
      "training_mode, opset 14",
      {
        ...batchNorm,
        opset: 14,
        attributes: { training_mode: { int: 1 } },
        outputs: 3,
      },
    ],
    [
      "batch statistics as outputs, opset 9",
      { ...batchNorm, opset: 9, outputs: 5 },
    ],
  ] satisfies [string, OneOperator][])("%s", (_title, one) => {
    expect(() => lowerFile(oneOperator(one))).toThrow(
      /BatchNormalization "y0".*training mode\. Call model\.eval\(\)/,
    );
  });
});

it("LRN over an even number of channels takes the odd one after, as ONNX's formula has it", async () => {
  const { run, feeds } = lowerFile(
    oneOperator({
      opset: 13,
      op: "LRN",
      shapes: [[1, 3, 1, 1]],
      attributes: { size: { int: 2 }, alpha: { float: 0.3 } },
    }),
  );
  const [a, b, c] = feeds.x0;
  const response = (x: number, squares: number) =>
    x / (1 + (0.3 / 2) * squares) ** 0.75;
  const [{ data }] = await run();
  expect(data[0]).toBeCloseTo(response(a, a * a + b * b), 6);
  expect(data[1]).toBeCloseTo(response(b, b * b + c * c), 6);
  expect(data[2]).toBeCloseTo(response(c, c * c), 6);
});
