import { describe, expect, it } from "vitest";
import type { Attributes } from "../graph/operators.ts";
import { floats, type Shape, type Tensor } from "../graph/tensor.ts";
import { plainPool, pools } from "./cases/pooling.ts";
import { sample } from "./check-operator.ts";
import { newGraphBuilder } from "./table.ts";

type PoolAttributes = Attributes<"MaxPool">;
type Picture = readonly [number, number, number, number];

/** What the window at (row, column) reads, in order, and how many of its places are in the picture or its padding. */
function readWindow(
  { data, shape }: Tensor,
  image: number,
  channel: number,
  row: number,
  column: number,
  a: PoolAttributes,
) {
  const [, c, height, width] = shape as Picture;
  const elements: { index: number; value: number }[] = [];
  let places = 0;
  for (let i = 0; i < a.kernelShape[0]; i++) {
    for (let j = 0; j < a.kernelShape[1]; j++) {
      const h = row * a.strides[0] + i * a.dilations[0] - a.pads[0];
      const w = column * a.strides[1] + j * a.dilations[1] - a.pads[1];
      if (h < height + a.pads[2] && w < width + a.pads[3]) places++;
      if (h < 0 || w < 0 || h >= height || w >= width) continue;
      const index = ((image * c + channel) * height + h) * width + w;
      elements.push({ index, value: data[index] });
    }
  }
  return { elements, places };
}

function* windows([n, c, height, width]: Picture) {
  for (let image = 0; image < n; image++) {
    for (let channel = 0; channel < c; channel++) {
      for (let row = 0; row < height; row++)
        for (let column = 0; column < width; column++)
          yield [image, channel, row, column] as const;
    }
  }
}

function pool<Op extends "MaxPool" | "AveragePool">(
  op: Op,
  x: Tensor,
  attributes: Attributes<Op>,
): Tensor[] {
  const g = newGraphBuilder();
  return g.addAll(op, [g.constant(x)], attributes) as Tensor[];
}

describe("MaxPool", () => {
  it.each(pools)(
    "gives maxima and where they stand: $title",
    ({ x: shape, attributes }) => {
      const a = { ...plainPool, ...attributes };
      const x = sample(shape, 5);
      const [maxima, indices] = pool("MaxPool", x, a);
      let position = 0;
      for (const at of windows(maxima.shape as Picture)) {
        const { elements } = readWindow(x, ...at, a);
        const best = elements.reduce((best, element) =>
          element.value > best.value ? element : best,
        );
        expect(maxima.data[position]).toBe(best.value);
        expect(indices.data[position++]).toBe(best.index);
      }
      expect(position).toBe(maxima.data.length);
    },
  );

  it("takes the first of equal elements, and negative ones over padding", () => {
    const x = floats([-3, -1, -1, -2, 0, 0, 0, 0, 7], [1, 1, 3, 3]);
    const [maxima, indices] = pool("MaxPool", x, {
      ...plainPool,
      strides: [1, 1],
    });
    expect([...maxima.data]).toEqual([0, 0, 0, 7]);
    expect([...indices.data]).toEqual([4, 4, 4, 8]);
    const [padded, first] = pool("MaxPool", x, {
      ...plainPool,
      pads: [1, 1, 1, 1],
    });
    expect([...padded.data]).toEqual([-3, -1, 0, 7]);
    expect([...first.data]).toEqual([0, 1, 6, 8]);
  });

  it("keeps the last window of ceilMode only where it begins before the end padding", () => {
    const shape = (size: number, a: Partial<PoolAttributes>) =>
      pool("MaxPool", sample([1, 1, size, size]), { ...plainPool, ...a })[0]
        .shape[2];
    expect(shape(5, { ceilMode: true })).toBe(3);
    expect(shape(4, { ceilMode: true, pads: [1, 1, 1, 1] })).toBe(3);
    expect(shape(5, { ceilMode: true, pads: [0, 0, 1, 1] })).toBe(3);
    expect(shape(4, { ceilMode: true, pads: [0, 0, 1, 1] })).toBe(2);
  });

  it.each<[string, Shape, Partial<PoolAttributes>]>([
    ["takes pictures [N, C, H, W]", [2, 3, 4], {}],
    ["does not fit into 3", [1, 1, 3, 3], { kernelShape: [4, 4] }],
    ["kernel 0", [1, 1, 3, 3], { kernelShape: [0, 1] }],
    ["stride 0", [1, 1, 3, 3], { strides: [0, 1] }],
    ["reads nothing but padding", [1, 1, 3, 3], { pads: [2, 0, 0, 0] }],
  ])("refuses wrong inputs: %s", (message, shape, attributes) => {
    const g = newGraphBuilder();
    const x = g.input("x", shape);
    expect(() =>
      g.add("MaxPool", [x], { ...plainPool, ...attributes }),
    ).toThrow(message);
    expect(() =>
      g.add("AveragePool", [x], {
        ...plainPool,
        countIncludePad: true,
        ...attributes,
      }),
    ).toThrow(message);
  });
});

describe.each([true, false])(
  "AveragePool, countIncludePad %s",
  (countIncludePad) => {
    it.each(pools)("gives means: $title", ({ x: shape, attributes }) => {
      const a = { ...plainPool, ...attributes, countIncludePad };
      const x = sample(shape, 5);
      const [means] = pool("AveragePool", x, a);
      let position = 0;
      for (const at of windows(means.shape as Picture)) {
        const { elements, places } = readWindow(x, ...at, a);
        const sum = elements.reduce((sum, { value }) => sum + value, 0);
        expect(means.data[position++]).toBeCloseTo(
          sum / (countIncludePad ? places : elements.length),
          6,
        );
      }
      expect(position).toBe(means.data.length);
    });
  },
);
