import { describe, expect, it } from "vitest";
import type { Attributes } from "../graph/operators.ts";
import { floats, type Shape, type Tensor } from "../graph/tensor.ts";
import { nearestModes } from "./cases/resize.ts";
import { newGraphBuilder } from "./table.ts";

type ResizeAttributes = Attributes<"Resize">;

const plain: ResizeAttributes = {
  mode: "nearest",
  coordinateTransformationMode: "asymmetric",
  nearestMode: "floor",
  scales: [2, 2],
  sizes: [4, 4],
};

function resize(x: Tensor, attributes: Partial<ResizeAttributes>): Tensor {
  const g = newGraphBuilder();
  return g.add("Resize", [g.constant(x)], {
    ...plain,
    ...attributes,
  }) as Tensor;
}

/** One row of numbers resized to `size`. */
function resizeRow(
  values: readonly number[],
  size: number,
  attributes: Partial<ResizeAttributes>,
  scale = size / values.length,
) {
  const out = resize(floats(values, [1, 1, 1, values.length]), {
    ...attributes,
    scales: [1, scale],
    sizes: [1, size],
  });
  return Array.from(out.data, (value) => Number(value.toFixed(5)));
}

describe("Resize", () => {
  it("repeats the nearest neighbour", () => {
    expect(resizeRow([1, 2, 3], 6, {})).toEqual([1, 1, 2, 2, 3, 3]);
    expect(resizeRow([1, 2, 3, 4], 2, {})).toEqual([1, 3]);
    expect(resizeRow([1, 2], 3, {})).toEqual([1, 1, 2]);
  });

  it("rounds ties as nearestMode says", () => {
    // Half pixels of a row of four read in steps of two: coordinates 0.5 and 2.5.
    const rounded = nearestModes.map((nearestMode) =>
      resizeRow([10, 11, 12, 13], 2, {
        nearestMode,
        coordinateTransformationMode: "half_pixel",
      }),
    );
    expect(rounded).toEqual([
      [10, 12],
      [11, 13],
      [10, 12],
      [11, 13],
    ]);
  });

  it("interpolates by each coordinate transformation", () => {
    const linear = (
      coordinateTransformationMode: ResizeAttributes["coordinateTransformationMode"],
    ) => resizeRow([0, 4], 4, { mode: "linear", coordinateTransformationMode });
    expect(linear("half_pixel")).toEqual([0, 1, 3, 4]);
    expect(linear("pytorch_half_pixel")).toEqual([0, 1, 3, 4]);
    expect(linear("align_corners")).toEqual([0, 1.33333, 2.66667, 4]);
    expect(linear("asymmetric")).toEqual([0, 2, 4, 4]);
  });

  it("differs between half pixels and PyTorch's where one element is left", () => {
    const one = (
      coordinateTransformationMode: ResizeAttributes["coordinateTransformationMode"],
    ) =>
      resizeRow([0, 1, 2, 3], 1, {
        mode: "linear",
        coordinateTransformationMode,
      });
    expect(one("half_pixel")).toEqual([1.5]);
    expect(one("pytorch_half_pixel")).toEqual([0]);
    expect(one("align_corners")).toEqual([0]);
  });

  it("computes coordinates with the scale that is given, not with the sizes' ratio", () => {
    expect(resizeRow([0, 1, 2, 3, 4], 7, {}, 1.5)).toEqual([
      0, 0, 1, 2, 2, 3, 4,
    ]);
  });

  it("interpolates rows and columns alike", () => {
    const out = resize(floats([0, 2, 4, 6], [1, 1, 2, 2]), {
      mode: "linear",
      coordinateTransformationMode: "align_corners",
      sizes: [3, 3],
    });
    expect([...out.data]).toEqual([0, 1, 2, 2, 3, 4, 4, 5, 6]);
  });

  it.each<[string, Shape, Partial<ResizeAttributes>]>([
    ["takes pictures [N, C, H, W]", [3, 2, 2], {}],
    ["sizes [0,4]", [1, 3, 2, 2], { sizes: [0, 4] }],
    ["scales [-1,2]", [1, 3, 2, 2], { scales: [-1, 2] }],
    ["there is nothing in [1,3,0,2]", [1, 3, 0, 2], {}],
  ])("refuses wrong inputs: %s", (message, shape, attributes) => {
    const g = newGraphBuilder();
    expect(() =>
      g.add("Resize", [g.input("x", shape)], { ...plain, ...attributes }),
    ).toThrow(message);
  });
});
