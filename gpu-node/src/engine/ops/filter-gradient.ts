/** ∂L/∂filter of Conv, in the form that is fastest for the shape. */
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Attributes } from "../graph/operators.ts";
import { integers, type Shape } from "../graph/tensor.ts";
import { cropPicture, cutPicture } from "./cut-picture.ts";
import { reshape } from "./reshape.ts";
import { padWithZeros } from "./slice-gradient.ts";

type Picture = readonly [number, number, number, number];

/**
 * From how many channels on matrix products beat the convolution. Measured with ONNX Runtime on one thread: with 16→32 channels
 * at 14×14 (N = 64) 1.5 times, with 64→64 at 32×32 (N = 32) 1.8 times as fast; with one channel two to three times slower.
 */
const fewestProductChannels = 8;

/**
 * From how many channels on a product a tap beats one an image. Measured with ONNX Runtime on two threads, N = 128: 16→16 at
 * 32×32 takes 22 ms by taps and 15 by images, 32→32 at 16×16 15 and 11, 64→64 at 8×8 12 and 13.
 */
const fewestTapChannels = 64;

/**
 * ∂L/∂filter of Conv, for a filter of `shape` [M, C/group, kH, kW].
 * @param cotangent ∂L/∂output [N, M, H', W']
 * @param x [N, C, H, W]
 */
export function filterGradient(
  g: GraphBuilder,
  cotangent: Value,
  x: Value,
  shape: Shape,
  attributes: Attributes<"Conv">,
): Value {
  if (attributes.group > 1 || shape[1] < fewestProductChannels)
    return filterGradientByConvolution(g, cotangent, x, shape, attributes);
  const isDense = attributes.strides.every((stride) => stride === 1);
  return isDense && shape[1] >= fewestTapChannels
    ? filterGradientByTaps(g, cotangent, x, shape, attributes)
    : filterGradientByImages(g, cotangent, x, shape, attributes);
}

/** For each tap of the filter, the cotangents [M, N·H'·W'] times what the tap reads of the pictures, [C, N·H'·W']ᵀ. */
function filterGradientByTaps(
  g: GraphBuilder,
  cotangent: Value,
  x: Value,
  shape: Shape,
  { pads: [top, left, bottom, right], dilations }: Attributes<"Conv">,
): Value {
  const [m, channels, kh, kw] = shape as Picture;
  const [n, , height, width] = cotangent.shape as Picture;
  const positions = n * height * width;
  const rows = (picture: Value, count: number) =>
    reshape(g, picture, [count, positions]);
  const exchange = (value: Value) =>
    g.add("Transpose", [value], { perm: [1, 0, 2, 3] });
  const cotangents = rows(exchange(cotangent), m);
  const padded = padWithZeros(
    g,
    exchange(x),
    [0, 0, top, left],
    [0, 0, bottom, right],
  );
  const taps: Value[] = [];
  for (let row = 0; row < kh; row++) {
    for (let column = 0; column < kw; column++) {
      const read = cutPicture(
        g,
        padded,
        row * dilations[0],
        column * dilations[1],
        height,
        width,
      );
      const product = g.add("Gemm", [cotangents, rows(read, channels)], {
        transA: false,
        transB: true,
      });
      taps.push(reshape(g, product, [m, channels, 1]));
    }
  }
  return reshape(g, g.add("Concat", taps, { axis: 2 }), shape);
}

/**
 * One product an image, for all taps together: the pictures' rows as each row of taps reads them, times the cotangents shifted
 * as each column of taps reads them. Six shifted copies do what nine would, and the products are three times as wide either way.
 * Where windows are apart, columns of the same remainder are taken together first.
 */
function filterGradientByImages(
  g: GraphBuilder,
  cotangent: Value,
  x: Value,
  shape: Shape,
  attributes: Attributes<"Conv">,
): Value {
  const {
    pads: [top, left, bottom, right],
    strides,
    dilations,
  } = attributes;
  const [m, channels, kh, kw] = shape as Picture;
  const [n, , height, width] = cotangent.shape as Picture;
  const padded = padWithZeros(g, x, [0, 0, top, left], [0, 0, bottom, right]);
  const readRows = Array.from({ length: kh * height }, (_, i) => {
    const [tap, row] = [Math.floor(i / height), i % height];
    return tap * dilations[0] + row * strides[0];
  });
  const taps = Array.from({ length: kw }, (_, tap) => ({
    tap,
    remainder: (tap * dilations[1]) % strides[1],
    shift: Math.floor((tap * dilations[1]) / strides[1]),
  }));
  const groups = [...Map.groupBy(taps, ({ remainder }) => remainder)];
  const products = groups.map(([remainder, members]) => {
    const across = width + Math.max(...members.map(({ shift }) => shift));
    const columns = everyColumn(g, padded, remainder, strides[1], across);
    const rows = g.add("Gather", [columns, g.constant(integers(readRows))], {
      axis: 2,
    });
    const read = reshape(g, rows, [n, channels * kh, height * across]);
    const shifted = members.map(({ shift }) =>
      reshape(
        g,
        padWithZeros(
          g,
          cotangent,
          [0, 0, 0, shift],
          [0, 0, 0, across - width - shift],
        ),
        [n, m, height * across],
      ),
    );
    const product = g.add(
      "MatMul",
      [
        g.add("Concat", shifted, { axis: 1 }),
        g.add("Transpose", [read], { perm: [0, 2, 1] }),
      ],
      {},
    );
    return reshape(
      g,
      g.add("ReduceSum", [product], { axes: [0], keepDims: false }),
      [members.length, m, channels, kh],
    );
  });
  const computed = groups.flatMap(([, members]) =>
    members.map(({ tap }) => tap),
  );
  const order = taps.map(({ tap }) => computed.indexOf(tap));
  const together = g.add("Concat", products, { axis: 0 });
  const inOrder =
    groups.length === 1
      ? together
      : g.add("Gather", [together, g.constant(integers(order))], { axis: 0 });
  return g.add("Transpose", [inOrder], { perm: [1, 2, 3, 0] });
}

/** `count` columns of pictures, `stride` apart, from `first` on. */
function everyColumn(
  g: GraphBuilder,
  picture: Value,
  first: number,
  stride: number,
  count: number,
): Value {
  if (stride === 1 && count === picture.shape[3]) return picture;
  return g.add("Slice", [picture], {
    starts: [first],
    ends: [first + stride * (count - 1) + 1],
    axes: [3],
    steps: [stride],
  });
}

/**
 * A convolution of the pictures by the cotangents, in which images play the part of channels: what was the stride between
 * windows is the distance between taps.
 */
function filterGradientByConvolution(
  g: GraphBuilder,
  cotangent: Value,
  x: Value,
  shape: Shape,
  attributes: Attributes<"Conv">,
): Value {
  const { strides, pads, dilations, group } = attributes;
  const [n, c, height, width] = x.shape as Picture;
  const [, perGroup, kh, kw] = shape as Picture;
  const split = reshape(g, x, [n, group, perGroup, height, width]);
  const images = reshape(
    g,
    g.add("Transpose", [split], { perm: [2, 1, 0, 3, 4] }),
    [perGroup, (c / perGroup) * n, height, width],
  );
  const filters = g.add("Transpose", [cotangent], { perm: [1, 0, 2, 3] });
  const product = g.add("Conv", [images, filters], {
    strides: dilations,
    dilations: strides,
    pads,
    group,
  });
  return g.add("Transpose", [cropPicture(g, product, kh, kw)], {
    perm: [1, 0, 2, 3],
  });
}
