import { describe, expect, it } from "vitest";
import type { Attributes } from "../graph/operators.ts";
import { elementCount, type Shape, type Tensor } from "../graph/tensor.ts";
import {
  convolutions,
  plainConvolution,
  transposedConvolutions,
} from "./cases/convolution.ts";
import { sample } from "./check-operator.ts";
import { newGraphBuilder } from "./table.ts";

type ConvAttributes = Attributes<"Conv">;
type Picture = readonly [number, number, number, number];

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

describe("Conv", () => {
  it.each(convolutions)(
    "computes what its definition says: $title",
    ({ x: xShape, filter: filterShape, attributes }) => {
      const a = { ...plainConvolution, ...attributes };
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

  it("counts windows as ONNX does", () => {
    const shape = (
      x: Shape,
      filter: Shape,
      attributes: Partial<ConvAttributes>,
    ) =>
      evaluate("Conv", [sample(x), sample(filter)], {
        ...plainConvolution,
        ...attributes,
      }).shape;
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
    expect(() =>
      g.add("Conv", inputs, { ...plainConvolution, ...attributes }),
    ).toThrow(message);
  });

  it("refuses integers and a missing filter", () => {
    const g = newGraphBuilder();
    const filter = g.input("filter", [1, 1, 1, 1]);
    expect(() =>
      g.add(
        "Conv",
        [g.input("x", [1, 1, 2, 2], "int64"), filter],
        plainConvolution,
      ),
    ).toThrow("takes float32, given int64");
    expect(() => g.add("Conv", [filter, null], plainConvolution)).toThrow(
      "takes an input, a filter and perhaps a bias",
    );
  });
});

describe("ConvTranspose", () => {
  it.each(transposedConvolutions)(
    "is the transpose of Conv: $title",
    ({
      x: xShape,
      filter: filterShape,
      attributes,
      outputPadding = [0, 0],
    }) => {
      const a = { ...plainConvolution, ...attributes };
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

  it("adds its bias to every element", () => {
    const attributes = { ...plainConvolution, outputPadding: [0, 0] as const };
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
        ...plainConvolution,
        outputPadding: [0, 0],
        ...attributes,
      }),
    ).toThrow(message);
  });
});
