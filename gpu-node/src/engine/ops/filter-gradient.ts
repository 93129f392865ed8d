/** ∂L/∂filter of Conv, in the form that is fastest for the shape. */
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Attributes } from "../graph/operators.ts";
import { elementCount, integers, type Shape } from "../graph/tensor.ts";
import { cropPicture } from "./cut-picture.ts";
import { reshape } from "./reshape.ts";
import { padWithZeros } from "./slice-gradient.ts";

type Picture = readonly [number, number, number, number];

/** From how many channels on matrix products beat the convolution: with one channel they take two to three times as long. */
const fewestProductChannels = 8;

/**
 * From how many channels on patches beat shifts. Measured with ONNX Runtime on two threads, N = 128: 16→16 channels at 32×32 take
 * 23 ms by patches and 16 by shifts, 32→32 at 16×16 11 and 12, 64→64 at 8×8 13 and 16; 32→64 at 16×16 with stride 2, 8 and 16.
 */
const fewestPatchChannels = 32;

/** Copies of pictures larger than this, 512 MiB, are not made: convolutions need none. */
const mostCopied = 2 ** 27;

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
  const copied = elementCount(x.shape) * shape[2] * shape[3];
  if (
    attributes.group > 1 ||
    shape[1] < fewestProductChannels ||
    copied > mostCopied
  )
    return filterGradientByConvolution(g, cotangent, x, shape, attributes);
  const isDense = attributes.strides.every((stride) => stride === 1);
  return isDense && shape[1] < fewestPatchChannels
    ? filterGradientByShifts(g, cotangent, x, shape, attributes)
    : filterGradientByPatches(g, cotangent, x, shape, attributes);
}

/**
 * One product an image: the cotangents [M, H'·W'] times what each window reads, [H'·W', kH·kW·C], gathered a pixel's channels at
 * a time.
 */
function filterGradientByPatches(
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
  const channelsLast = g.add("Transpose", [x], { perm: [0, 2, 3, 1] });
  const padded = padWithZeros(
    g,
    channelsLast,
    [0, top, left, 0],
    [0, bottom, right, 0],
  );
  const [, paddedHeight, paddedWidth] = padded.shape;
  const pixels: number[] = [];
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      for (let i = 0; i < kh; i++)
        for (let j = 0; j < kw; j++)
          pixels.push(
            (row * strides[0] + i * dilations[0]) * paddedWidth +
              (column * strides[1] + j * dilations[1]),
          );
  const patches = g.add(
    "Gather",
    [
      reshape(g, padded, [n, paddedHeight * paddedWidth, channels]),
      g.constant(integers(pixels)),
    ],
    { axis: 1 },
  );
  const product = g.add(
    "MatMul",
    [
      reshape(g, cotangent, [n, m, height * width]),
      reshape(g, patches, [n, height * width, kh * kw * channels]),
    ],
    {},
  );
  const sum = g.add("ReduceSum", [product], { axes: [0], keepDims: false });
  return g.add("Transpose", [reshape(g, sum, [m, kh, kw, channels])], {
    perm: [0, 3, 1, 2],
  });
}

/**
 * One product an image, for windows side by side: the pictures' rows as each row of taps reads them, times the cotangents shifted
 * as each column of taps reads them. For 3×3 taps six shifted copies do what nine patches would.
 */
function filterGradientByShifts(
  g: GraphBuilder,
  cotangent: Value,
  x: Value,
  shape: Shape,
  attributes: Attributes<"Conv">,
): Value {
  const {
    pads: [top, left, bottom, right],
    dilations,
  } = attributes;
  const [m, channels, kh, kw] = shape as Picture;
  const [n, , height, width] = cotangent.shape as Picture;
  const padded = padWithZeros(g, x, [0, 0, top, left], [0, 0, bottom, right]);
  const across = width + dilations[1] * (kw - 1);
  const readRows = Array.from(
    { length: kh * height },
    (_, i) => Math.floor(i / height) * dilations[0] + (i % height),
  );
  const rows = g.add("Gather", [padded, g.constant(integers(readRows))], {
    axis: 2,
  });
  const read = reshape(g, rows, [n, channels * kh, height * across]);
  const shifted = Array.from({ length: kw }, (_, tap) => {
    const shift = tap * dilations[1];
    const moved = padWithZeros(
      g,
      cotangent,
      [0, 0, 0, shift],
      [0, 0, 0, across - width - shift],
    );
    return reshape(g, moved, [n, m, height * across]);
  });
  const product = g.add(
    "MatMul",
    [
      g.add("Concat", shifted, { axis: 1 }),
      g.add("Transpose", [read], { perm: [0, 2, 1] }),
    ],
    {},
  );
  const sum = g.add("ReduceSum", [product], { axes: [0], keepDims: false });
  return g.add("Transpose", [reshape(g, sum, [kw, m, channels, kh])], {
    perm: [1, 2, 3, 0],
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
