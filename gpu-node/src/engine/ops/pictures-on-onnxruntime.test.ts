/** Convolutions, pools and resizing, forward and backward: ONNX Runtime must give the reference kernels' numbers. */
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autodiff/value-and-grad.ts";
import { onnxruntimeBackend } from "../backends/onnxruntime.ts";
import { referenceBackend } from "../backends/reference.ts";
import type { Attributes, OpType } from "../graph/operators.ts";
import type { Shape } from "../graph/tensor.ts";
import { sample } from "./check-operator.ts";
import { newGraphBuilder } from "./table.ts";

/** The operator's output and its gradients for all inputs but `constants`, by both backends. */
async function expectSameNumbers<Op extends OpType>(
  op: Op,
  shapes: readonly Shape[],
  attributes: Attributes<Op>,
  constants: readonly number[] = [],
): Promise<void> {
  const g = newGraphBuilder();
  const tensors = shapes.map((shape, index) => sample(shape, index + 1));
  const values = tensors.map((tensor, index) =>
    constants.includes(index)
      ? g.constant(tensor)
      : g.input(`x${index}`, tensor.shape),
  );
  const wrt = values.filter(({ data }) => data === undefined);
  const output = g.add(op, values, attributes);
  const weighted = g.add(
    "Mul",
    [output, g.constant(sample(output.shape, 77))],
    {},
  );
  const graph = valueAndGrad(g.finish([output, weighted]), weighted, wrt);
  const feeds = Object.fromEntries(
    values.flatMap(({ name, data }, i) =>
      data ? [] : [[name, tensors[i].data]],
    ),
  );
  const fast = await onnxruntimeBackend({ threads: 1 }).compile(graph);
  const actual = await fast.run(feeds);
  await fast.dispose();
  const expected = await (await referenceBackend().compile(graph)).run(feeds);
  for (const [index, { shape, data }] of expected.entries()) {
    const name = index < 2 ? "output" : `∂/∂${wrt[index - 2].name}`;
    expect(actual[index].shape, name).toEqual(shape);
    let worst = 0;
    for (let i = 0; i < data.length; i++)
      worst = Math.max(worst, Math.abs(data[i] - actual[index].data[i]));
    expect(worst, name).toBeLessThan(1e-4);
  }
}

const conv: Attributes<"Conv"> = {
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  group: 1,
};
const same = [1, 1, 1, 1] as const;

describe("Conv", () => {
  const cases: readonly [string, Shape, Shape, Partial<Attributes<"Conv">>][] =
    [
      ["3×3, padded", [2, 3, 8, 8], [4, 3, 3, 3], { pads: same }],
      [
        "3×3, stride 2",
        [2, 16, 8, 8],
        [32, 16, 3, 3],
        { pads: same, strides: [2, 2] },
      ],
      [
        "3×3, stride 2, odd",
        [2, 16, 9, 7],
        [8, 16, 3, 3],
        { pads: same, strides: [2, 2] },
      ],
      ["1×1, stride 2", [2, 16, 8, 8], [32, 16, 1, 1], { strides: [2, 2] }],
      [
        "7×7, stride 2",
        [1, 3, 20, 20],
        [8, 3, 7, 7],
        { pads: [3, 3, 3, 3], strides: [2, 2] },
      ],
      [
        "5×5, stride 3, rows never read",
        [1, 2, 16, 15],
        [3, 2, 5, 5],
        { strides: [3, 3] },
      ],
      ["4×4 patches", [2, 3, 8, 8], [16, 3, 4, 4], { strides: [4, 4] }],
      ["pads that differ", [1, 2, 6, 7], [2, 2, 3, 4], { pads: [0, 2, 1, 3] }],
      [
        "pads wider than the filter",
        [1, 1, 3, 4],
        [2, 1, 2, 1],
        { strides: [2, 2], pads: [5, 2, 4, 3] },
      ],
      [
        "dilated",
        [1, 2, 7, 8],
        [2, 2, 3, 3],
        { dilations: [2, 3], pads: [2, 1, 0, 3] },
      ],
      [
        "dilated and strided",
        [1, 2, 9, 8],
        [2, 2, 3, 2],
        { strides: [2, 3], dilations: [2, 2], pads: [1, 0, 2, 1] },
      ],
      [
        "groups, stride 2",
        [2, 4, 5, 6],
        [6, 2, 3, 3],
        { group: 2, strides: [2, 2], pads: same },
      ],
      ["depthwise", [2, 16, 8, 8], [16, 1, 3, 3], { group: 16, pads: same }],
      [
        "depthwise, stride 2",
        [2, 16, 8, 8],
        [16, 1, 3, 3],
        { group: 16, pads: same, strides: [2, 2] },
      ],
      [
        "depthwise, two maps a channel",
        [1, 3, 8, 8],
        [6, 1, 3, 3],
        { group: 3, pads: same, strides: [2, 2] },
      ],
    ];
  it.each(cases)("%s", async (_, x, filter, attributes) => {
    await expectSameNumbers("Conv", [x, filter, [filter[0]]], {
      ...conv,
      ...attributes,
    });
    await expectSameNumbers(
      "Conv",
      [x, filter],
      { ...conv, ...attributes },
      [1],
    );
  });
});

describe("ConvTranspose", () => {
  it.each<[string, Shape, Shape, Partial<Attributes<"ConvTranspose">>]>([
    ["stride 2", [1, 2, 3, 4], [2, 3, 3, 3], { strides: [2, 2], pads: same }],
    [
      "output padding",
      [1, 2, 3, 4],
      [2, 3, 3, 3],
      { strides: [2, 3], pads: [1, 0, 1, 0], outputPadding: [1, 2] },
    ],
    ["two groups", [2, 4, 3, 3], [4, 2, 2, 3], { group: 2, strides: [2, 1] }],
  ])("%s", async (_, x, filter, attributes) => {
    const a = { ...conv, outputPadding: [0, 0] as const, ...attributes };
    await expectSameNumbers(
      "ConvTranspose",
      [x, filter, [filter[1] * a.group]],
      a,
    );
  });
});

const pool: Attributes<"MaxPool"> = {
  kernelShape: [3, 3],
  strides: [2, 2],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  ceilMode: false,
};
const pools: readonly [string, Shape, Partial<Attributes<"MaxPool">>][] = [
  ["3×3, stride 2, padded", [2, 8, 8, 8], { pads: same }],
  ["2×2, stride 2, odd", [2, 3, 7, 9], { kernelShape: [2, 2] }],
  ["2×2, stride 2, even", [2, 3, 6, 8], { kernelShape: [2, 2] }],
  ["3×3, stride 2, ceilMode", [2, 3, 8, 8], { ceilMode: true }],
  [
    "3×3, stride 2, padded, ceilMode",
    [1, 2, 6, 7],
    { ceilMode: true, pads: same },
  ],
  [
    "2×2, stride 2, padded, ceilMode drops a window",
    [1, 2, 4, 4],
    { kernelShape: [2, 2], ceilMode: true, pads: [0, 0, 1, 1] },
  ],
  ["3×3, stride 1", [1, 4, 6, 6], { strides: [1, 1], pads: same }],
  [
    "pads that differ",
    [1, 1, 6, 5],
    { kernelShape: [3, 4], strides: [2, 1], pads: [0, 3, 2, 1] },
  ],
  [
    "a window smaller than its stride",
    [1, 2, 7, 8],
    { kernelShape: [1, 2], strides: [2, 3] },
  ],
];

describe("MaxPool", () => {
  it.each([
    ...pools,
    [
      "dilated",
      [1, 2, 7, 8],
      { strides: [1, 1], dilations: [2, 3] },
    ] as (typeof pools)[number],
  ])("%s", (_, x, attributes) =>
    expectSameNumbers("MaxPool", [x], { ...pool, ...attributes }),
  );
});

describe.each([true, false])(
  "AveragePool, countIncludePad %s",
  (countIncludePad) => {
    it.each(pools)("%s", (_, x, attributes) =>
      expectSameNumbers("AveragePool", [x], {
        ...pool,
        ...attributes,
        countIncludePad,
      }),
    );
  },
);

describe("Resize", () => {
  const sizes: readonly [Shape, readonly [number, number]][] = [
    [
      [2, 3, 4, 5],
      [8, 15],
    ],
    [
      [2, 3, 4, 5],
      [7, 3],
    ],
    [
      [1, 2, 6, 9],
      [4, 1],
    ],
    [
      [1, 2, 7, 7],
      [224, 224],
    ],
  ];
  const modes = [
    "half_pixel",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
  ] as const;
  const nearestModes = [
    "round_prefer_floor",
    "round_prefer_ceil",
    "floor",
    "ceil",
  ] as const;
  describe.each(modes)("%s", (coordinateTransformationMode) => {
    it.each(sizes)("linear, %j to %j", (x, to) =>
      expectSameNumbers("Resize", [x], {
        mode: "linear",
        coordinateTransformationMode,
        nearestMode: "floor",
        scales: [to[0] / x[2], to[1] / x[3]],
        sizes: to,
      }),
    );
    it.each(sizes)("nearest, %j to %j", async (x, to) => {
      for (const nearestMode of nearestModes) {
        const scales = [to[0] / x[2], to[1] / x[3]] as const;
        await expectSameNumbers("Resize", [x], {
          mode: "nearest",
          coordinateTransformationMode,
          nearestMode,
          scales,
          sizes: to,
        });
      }
    });
  });
});
