import { describe, expect, it } from "vitest";
import { int64Tensor, floatTensor } from "../check-onnx-file.ts";
import {
  constant,
  expectAsOnnxRuntime,
  lowerFile,
  oneOperator,
  type OneOperator,
} from "../check-lowering.ts";

const shapes = [[2, 3, 4]] as const;
const plain = (op: string, opset: number): OneOperator => ({
  op,
  opset,
  shapes,
});

describe("functions of single elements mean what ONNX Runtime computes", () => {
  const cases: readonly (readonly [title: string, one: OneOperator])[] = [
    ...["Abs", "Ceil", "Cos", "Erf", "Exp", "Floor", "Neg"].map(
      (op) => [op, plain(op, 13)] as const,
    ),
    ...["Reciprocal", "Round", "Sign", "Sin", "Tan", "Softsign"].map(
      (op) => [op, plain(op, 13)] as const,
    ),
    ...["Relu", "Sigmoid", "Tanh", "Softplus", "Identity"].map(
      (op) => [op, plain(op, 14)] as const,
    ),
    ["HardSwish of opset 14", plain("HardSwish", 14)],
    ["Mish of opset 18", plain("Mish", 18)],
    ["Gelu of opset 20", plain("Gelu", 20)],
    [
      "Gelu by way of tanh",
      { ...plain("Gelu", 20), attributes: { approximate: { text: "tanh" } } },
    ],
    ["LeakyRelu, its default slope", plain("LeakyRelu", 16)],
    [
      "LeakyRelu with a slope",
      { ...plain("LeakyRelu", 6), attributes: { alpha: { float: 0.2 } } },
    ],
    [
      "Elu with alpha",
      { ...plain("Elu", 6), attributes: { alpha: { float: 0.7 } } },
    ],
    ["Selu", plain("Selu", 6)],
    ["Celu", { ...plain("Celu", 12), attributes: { alpha: { float: 2 } } }],
    [
      "ThresholdedRelu",
      {
        ...plain("ThresholdedRelu", 10),
        attributes: { alpha: { float: 0.2 } },
      },
    ],
    ["HardSigmoid, its defaults", plain("HardSigmoid", 6)],
    [
      "HardSigmoid as PyTorch writes it",
      {
        ...plain("HardSigmoid", 13),
        attributes: { alpha: { float: 1 / 6 }, beta: { float: 0.5 } },
      },
    ],
    [
      "Clip with bounds as attributes, opset 7",
      {
        ...plain("Clip", 7),
        attributes: { min: { float: -0.25 }, max: { float: 0.5 } },
      },
    ],
    [
      "Clip with bounds as inputs, opset 13",
      {
        ...plain("Clip", 13),
        constants: [
          floatTensor("low", [], [-0.25]),
          floatTensor("high", [], [0.5]),
        ],
      },
    ],
    [
      "Clip from above only",
      {
        ...plain("Clip", 13),
        constants: [null, floatTensor("high", [], [0.5])],
      },
    ],
    [
      "PRelu with a slope a channel",
      {
        opset: 9,
        op: "PRelu",
        shapes: [[2, 3, 4, 4]],
        constants: [constant("slope", [3, 1, 1])],
      },
    ],
    ...[2, 3, 1].map(
      (exponent) =>
        [
          `Pow by ${exponent}`,
          {
            ...plain("Pow", 15),
            constants: [floatTensor("exponent", [], [exponent])],
          },
        ] as const,
    ),
    [
      "Pow by an integer tensor",
      {
        ...plain("Pow", 15),
        constants: [int64Tensor("exponent", [2, 1, 3, 2], [4])],
      },
    ],
  ];
  it.each(cases)("%s", (_title, one) => expectAsOnnxRuntime(oneOperator(one)));
});

it("Swish is x·sigmoid(αx), which ONNX Runtime's opsets do not have yet", async () => {
  const { run, feeds } = lowerFile(
    oneOperator({ ...plain("Swish", 21), attributes: { alpha: { float: 2 } } }),
  );
  const [{ data }] = await run();
  feeds.x0.forEach((x, i) =>
    expect(data[i]).toBeCloseTo(x / (1 + Math.exp(-2 * x)), 6),
  );
});

it("refuses an approximation of Gelu that is none", () => {
  const file = oneOperator({
    ...plain("Gelu", 20),
    attributes: { approximate: { text: "guess" } },
  });
  expect(() => lowerFile(file)).toThrow(
    'model.onnx: Gelu "y0" (opset 20): approximate "guess" is unknown',
  );
});
