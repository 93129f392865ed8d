import { describe, expect, it } from "vitest";
import type { Attributes } from "../graph/operators.ts";
import { elementCount, type Shape, type Tensor } from "../graph/tensor.ts";
import { expectGradient, sample } from "./check-operator.ts";
import { newGraphBuilder } from "./table.ts";

type ConvAttributes = Attributes<"Conv">;
type Picture = readonly [number, number, number, number];

const plain: ConvAttributes = {
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  group: 1,
};

function evaluate<Op extends "Conv" | "ConvTranspose">(
  op: Op,
  inputs: readonly (Tensor | null)[],
  attributes: Attributes<Op>,
) {
  const g = newGraphBuilder();
  return g.add(
    op,
    inputs.map((x) => x && g.constant(x)),
    attributes,
  ) as Tensor;
}

/** Element (n, c, h, w), 0 outside of the picture. */
function at(
  { data, shape }: Tensor,
  n: number,
  c: number,
  h: number,
  w: number,
): number {
  const [, channels, height, width] = shape as Picture;
  if (h < 0 || w < 0 || h >= height || w >= width) return 0;
  return data[((n * channels + c) * height + h) * width + w];
}

/** Conv, an output element at a time, from its definition. */
function convolveByDefinition(
  x: Tensor,
  filter: Tensor,
  bias: Tensor | null,
  outShape: Shape,
  a: ConvAttributes,
): number[] {
  const [n, m, height, width] = outShape as Picture;
  const [, perGroup, kh, kw] = filter.shape as Picture;
  const out: number[] = [];
  for (let image = 0; image < n; image++) {
    for (let map = 0; map < m; map++) {
      const group = Math.floor((map * a.group) / m);
      for (let row = 0; row < height; row++) {
        for (let column = 0; column < width; column++) {
          let sum = bias ? bias.data[map] : 0;
          for (let channel = 0; channel < perGroup; channel++) {
            for (let i = 0; i < kh; i++) {
              for (let j = 0; j < kw; j++) {
                const h = row * a.strides[0] + i * a.dilations[0] - a.pads[0];
                const w =
                  column * a.strides[1] + j * a.dilations[1] - a.pads[1];
                sum +=
                  at(filter, map, channel, i, j) *
                  at(x, image, group * perGroup + channel, h, w);
              }
            }
          }
          out.push(sum);
        }
      }
    }
  }
  return out;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);

interface Case {
  readonly title: string;
  readonly x: Shape;
  readonly filter: Shape;
  readonly attributes?: Partial<ConvAttributes>;
}

const cases: readonly Case[] = [
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
];

describe("Conv", () => {
  it.each(cases)(
    "computes what its definition says: $title",
    ({ x: xShape, filter: filterShape, attributes }) => {
      const a = { ...plain, ...attributes };
      const [x, filter, bias] = [
        sample(xShape, 1),
        sample(filterShape, 2),
        sample([filterShape[0]], 3),
      ];
      for (const given of [bias, null]) {
        const out = evaluate("Conv", [x, filter, given], a);
        const expected = convolveByDefinition(x, filter, given, out.shape, a);
        expect(elementCount(out.shape)).toBe(expected.length);
        expected.forEach((value, i) =>
          expect(out.data[i]).toBeCloseTo(value, 5),
        );
      }
    },
  );

  it.each(cases)(
    "has the gradient of differences: $title",
    async ({ x, filter, attributes }) => {
      await expectGradient(
        "Conv",
        [sample(x, 1), sample(filter, 2), sample([filter[0]], 3)],
        { ...plain, ...attributes },
      );
    },
  );

  it.each(cases)(
    "folds a constant filter into its gradient: $title",
    async ({ x, filter, attributes }) => {
      await expectGradient(
        "Conv",
        [sample(x, 1), sample(filter, 2)],
        { ...plain, ...attributes },
        { constants: [1] },
      );
    },
  );

  it("counts windows as ONNX does", () => {
    const shape = (
      x: Shape,
      filter: Shape,
      attributes: Partial<ConvAttributes>,
    ) =>
      evaluate("Conv", [sample(x), sample(filter)], { ...plain, ...attributes })
        .shape;
    expect(
      shape([1, 3, 32, 32], [4, 3, 3, 3], {
        strides: [2, 2],
        pads: [1, 1, 1, 1],
      }),
    ).toEqual([1, 4, 16, 16]);
    expect(
      shape([1, 3, 224, 224], [1, 3, 7, 7], {
        strides: [2, 2],
        pads: [3, 3, 3, 3],
      }),
    ).toEqual([1, 1, 112, 112]);
    expect(shape([1, 1, 9, 9], [1, 1, 3, 3], { dilations: [2, 4] })).toEqual([
      1, 1, 5, 1,
    ]);
  });

  it.each<[string, readonly Shape[], Partial<ConvAttributes>]>([
    [
      "takes pictures [N, C, H, W]",
      [
        [2, 3, 4],
        [1, 3, 3, 3],
      ],
      {},
    ],
    [
      "does not fit 4 channels",
      [
        [1, 4, 5, 5],
        [2, 3, 3, 3],
      ],
      {},
    ],
    [
      "does not fit 4 channels",
      [
        [1, 4, 5, 5],
        [3, 2, 3, 3],
      ],
      { group: 2 },
    ],
    [
      "group 0",
      [
        [1, 4, 5, 5],
        [3, 4, 3, 3],
      ],
      { group: 0 },
    ],
    [
      "does not fit into 5",
      [
        [1, 4, 5, 5],
        [3, 4, 6, 6],
      ],
      {},
    ],
    [
      "stride 0",
      [
        [1, 4, 5, 5],
        [3, 4, 3, 3],
      ],
      { strides: [0, 1] },
    ],
    [
      "pads -1",
      [
        [1, 4, 5, 5],
        [3, 4, 3, 3],
      ],
      { pads: [-1, 0, 0, 0] },
    ],
    [
      "the bias should have the shape [3]",
      [[1, 4, 5, 5], [3, 4, 3, 3], [4]],
      {},
    ],
  ])("refuses wrong inputs: %s", (message, shapes, attributes) => {
    const g = newGraphBuilder();
    const inputs = shapes.map((shape, index) => g.input(`x${index}`, shape));
    expect(() => g.add("Conv", inputs, { ...plain, ...attributes })).toThrow(
      message,
    );
  });

  it("refuses integers and a missing filter", () => {
    const g = newGraphBuilder();
    const filter = g.input("filter", [1, 1, 1, 1]);
    expect(() =>
      g.add("Conv", [g.input("x", [1, 1, 2, 2], "int64"), filter], plain),
    ).toThrow("takes float32, given int64");
    expect(() => g.add("Conv", [filter, null], plain)).toThrow(
      "takes an input, a filter and perhaps a bias",
    );
  });
});

describe("ConvTranspose", () => {
  /** Shapes [N, C, H, W] and [C, M/group, kH, kW]. */
  const transposed: readonly (Case & {
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

  it.each(transposed)(
    "is the transpose of Conv: $title",
    ({
      x: xShape,
      filter: filterShape,
      attributes,
      outputPadding = [0, 0],
    }) => {
      const a = { ...plain, ...attributes };
      const [x, filter] = [sample(xShape, 1), sample(filterShape, 2)];
      const out = evaluate("ConvTranspose", [x, filter], {
        ...a,
        outputPadding,
      });
      const picture = sample(out.shape, 3);
      // ⟨ConvTranspose(x), picture⟩ = ⟨x, Conv(picture)⟩, windows beyond x left out
      const image = { ...picture, shape: picture.shape };
      const convolved = convolveByDefinition(image, filter, null, x.shape, a);
      expect(dot(out.data, picture.data)).toBeCloseTo(
        dot(x.data, convolved),
        4,
      );
    },
  );

  it.each(transposed)(
    "has the gradient of differences: $title",
    async ({ x, filter, attributes, outputPadding = [0, 0] }) => {
      const a = { ...plain, ...attributes, outputPadding };
      await expectGradient(
        "ConvTranspose",
        [sample(x, 1), sample(filter, 2), sample([filter[1] * a.group], 3)],
        a,
      );
    },
  );

  it("adds its bias to every element", () => {
    const attributes = { ...plain, outputPadding: [0, 0] as const };
    const [x, filter, bias] = [
      sample([1, 2, 3, 3], 1),
      sample([2, 2, 2, 2], 2),
      sample([2], 3),
    ];
    const [without, withBias] = [
      evaluate("ConvTranspose", [x, filter], attributes),
      evaluate("ConvTranspose", [x, filter, bias], attributes),
    ];
    without.data.forEach((value, i) =>
      expect(withBias.data[i] - value).toBeCloseTo(
        bias.data[Math.floor(i / 16)],
        6,
      ),
    );
  });

  it.each<[string, readonly Shape[], Partial<Attributes<"ConvTranspose">>]>([
    [
      "an output padding of 2",
      [
        [1, 2, 3, 3],
        [2, 1, 2, 2],
      ],
      { outputPadding: [2, 0], strides: [2, 2] },
    ],
    [
      "does not fit 2 channels",
      [
        [1, 2, 3, 3],
        [3, 1, 2, 2],
      ],
      {},
    ],
    [
      "leave nothing of its output",
      [
        [1, 2, 1, 1],
        [2, 1, 2, 2],
      ],
      { pads: [1, 1, 1, 1] },
    ],
    [
      "the bias should have the shape [1]",
      [[1, 2, 3, 3], [2, 1, 2, 2], [2]],
      {},
    ],
  ])("refuses wrong inputs: %s", (message, shapes, attributes) => {
    const g = newGraphBuilder();
    const inputs = shapes.map((shape, index) => g.input(`x${index}`, shape));
    expect(() =>
      g.add("ConvTranspose", inputs, {
        ...plain,
        outputPadding: [0, 0],
        ...attributes,
      }),
    ).toThrow(message);
  });
});
