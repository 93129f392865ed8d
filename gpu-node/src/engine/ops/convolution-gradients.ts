/** Convolutions, backwards: gradients with respect to pictures, filters and biases, written as convolutions again. */
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Attributes } from "../graph/operators.ts";
import type { Shape } from "../graph/tensor.ts";
import { interleavePhases } from "./interleave.ts";
import { reshape } from "./reshape.ts";
import { padWithZeros, reverse } from "./slice-gradient.ts";
import {
  windowAxes,
  windowCount,
  windowSpan,
  type WindowAxis,
} from "./windows.ts";

type Picture = readonly [number, number, number, number];

/** The first `height` rows and `width` columns of pictures [N, C, H, W]. */
export function cropPicture(
  g: GraphBuilder,
  picture: Value,
  height: number,
  width: number,
): Value {
  return cutPicture(g, picture, 0, 0, height, width);
}

function cutPicture(
  g: GraphBuilder,
  picture: Value,
  top: number,
  left: number,
  height: number,
  width: number,
): Value {
  if (picture.shape[2] === height && picture.shape[3] === width) return picture;
  return g.add("Slice", [picture], {
    starts: [top, left],
    ends: [top + height, left + width],
    axes: [2, 3],
    steps: [1, 1],
  });
}

/** ∂L/∂bias [M] from the cotangent [N, M, H, W] of a convolution. */
export function biasGradient(g: GraphBuilder, cotangent: Value): Value {
  return g.add("ReduceSum", [cotangent], { axes: [0, 2, 3], keepDims: false });
}

/**
 * How one axis of the gradient with respect to pictures reads the cotangent. Elements i = phase + phases·q of a picture
 * belong to one phase; each phase is a convolution of stride 1 of the cotangent, with those taps t of the filter for
 * which pad + phase − t·dilation is a multiple of the stride.
 */
interface PhaseAxis {
  readonly phases: number;
  /** Taps of each phase's filter: the widest phase's, the others have zeros in places. */
  readonly taps: number;
  readonly dilation: number;
  /** Elements of zeros around the filter that make phases · taps of it. */
  readonly zerosBefore: number;
  readonly zerosBehind: number;
  /** Pads of the cotangent; negative ones crop. */
  readonly begin: number;
  readonly end: number;
  /** Elements of the picture. */
  readonly size: number;
}

/** Element i = phase + stride·q reads cotangents q + lowest … q + highest, through taps pad + phase − stride·offset. */
function planPhases(axis: WindowAxis): PhaseAxis {
  const { kernel, stride, dilation, size, begin } = axis;
  const highest = Math.ceil(begin / stride);
  const lowest =
    stride === 1
      ? begin - dilation * (kernel - 1)
      : Math.floor((begin - kernel) / stride) + 1;
  const taps = stride === 1 ? kernel : highest - lowest + 1;
  const zerosBefore = stride * highest - begin;
  return {
    phases: stride,
    taps,
    dilation,
    zerosBefore,
    zerosBehind: taps * stride - zerosBefore - kernel,
    begin: -lowest,
    end: Math.ceil(size / stride) + highest - windowCount(axis),
    size,
  };
}

/**
 * ∂L/∂x of Conv, for pictures x of `shape`.
 * @param cotangent ∂L/∂output [N, M, H', W']
 * @param filter [M, C/group, kH, kW]
 */
export function inputGradient(
  g: GraphBuilder,
  cotangent: Value,
  filter: Value,
  shape: Shape,
  attributes: Attributes<"Conv">,
): Value {
  const [, , height, width] = shape as Picture;
  const [, , kh, kw] = filter.shape as Picture;
  const axes = windowAxes([height, width], [kh, kw], attributes);
  const isDilatedStride = axes.some(
    ({ stride, dilation, kernel }) => stride > 1 && dilation > 1 && kernel > 1,
  );
  if (isDilatedStride)
    return transposedConvolution(g, cotangent, filter, axes, attributes);
  return phasedConvolution(
    g,
    cotangent,
    filter,
    attributes.group,
    axes.map(planPhases) as [PhaseAxis, PhaseAxis],
  );
}

function transposedConvolution(
  g: GraphBuilder,
  cotangent: Value,
  filter: Value,
  axes: readonly [WindowAxis, WindowAxis],
  attributes: Attributes<"Conv">,
): Value {
  // Rows and columns at the end that no window reaches.
  const unread = (axis: WindowAxis) =>
    (axis.size + axis.begin + axis.end - windowSpan(axis)) % axis.stride;
  const outputPadding = [unread(axes[0]), unread(axes[1])] as const;
  return g.add("ConvTranspose", [cotangent, filter], {
    ...attributes,
    outputPadding,
  });
}

/** One Conv computes every phase as channels of its own; then the phases are interleaved. */
function phasedConvolution(
  g: GraphBuilder,
  cotangent: Value,
  filter: Value,
  group: number,
  [rows, columns]: readonly [PhaseAxis, PhaseAxis],
): Value {
  const [n] = cotangent.shape as Picture;
  const channels = filter.shape[1] * group;
  const phases = phaseFilter(g, filter, group, rows, columns);
  const padded = cropNegative(g, cotangent, rows, columns);
  const small = g.add("Conv", [padded, phases], {
    strides: [1, 1],
    pads: [rows.begin, columns.begin, rows.end, columns.end].map((pad) =>
      Math.max(pad, 0),
    ) as [number, number, number, number],
    dilations: [rows.dilation, columns.dilation],
    group,
  });
  if (rows.phases === 1 && columns.phases === 1) return small;
  const [, , height, width] = small.shape as Picture;
  const split = reshape(g, small, [
    n,
    channels,
    rows.phases,
    columns.phases,
    height,
    width,
  ]);
  return cropPicture(g, interleavePhases(g, split), rows.size, columns.size);
}

/** Cuts off what negative pads say: cotangents of windows that stand in the padding altogether. */
function cropNegative(
  g: GraphBuilder,
  picture: Value,
  rows: PhaseAxis,
  columns: PhaseAxis,
): Value {
  const [top, left, bottom, right] = [
    rows.begin,
    columns.begin,
    rows.end,
    columns.end,
  ].map((pad) => Math.max(-pad, 0)) as [number, number, number, number];
  const [, , height, width] = picture.shape as Picture;
  return cutPicture(
    g,
    picture,
    top,
    left,
    height - top - bottom,
    width - left - right,
  );
}

/**
 * The filter [M, C/group, kH, kW] turned round and with its channels exchanged:
 * [C · phases, M/group, taps, taps], phases of a channel side by side. Computed here and now when the filter is constant.
 * Phases that a filter shorter than the stride does not reach are computed too, as zeros: sums with the gradients of longer
 * filters beside it are then one fused operation.
 */
function phaseFilter(
  g: GraphBuilder,
  filter: Value,
  group: number,
  rows: PhaseAxis,
  columns: PhaseAxis,
): Value {
  const [m, perGroup] = filter.shape as Picture;
  const padded = padWithZeros(
    g,
    filter,
    [0, 0, rows.zerosBefore, columns.zerosBefore],
    [0, 0, rows.zerosBehind, columns.zerosBehind],
  );
  const split = reshape(g, padded, [
    group,
    m / group,
    perGroup,
    rows.taps,
    rows.phases,
    columns.taps,
    columns.phases,
  ]);
  const turned = [3, 5].filter((axis) => split.shape[axis] > 1);
  const flipped = turned.length === 0 ? split : reverse(g, split, turned);
  const exchanged = g.add("Transpose", [flipped], {
    perm: [0, 2, 4, 6, 1, 3, 5],
  });
  return reshape(g, exchanged, [
    group * perGroup * rows.phases * columns.phases,
    m / group,
    rows.taps,
    columns.taps,
  ]);
}

/**
 * From how many channels on the filter's gradient is a matrix product a tap: below, products are too narrow. Measured with
 * ONNX Runtime on one thread: with 16→32 channels at 14×14 (N = 64) 1.5 times, with 64→64 at 32×32 (N = 32) 1.8 times as
 * fast as the convolution; with one channel two to three times slower, and no faster where strides make the windows'
 * elements far apart.
 */
const fewestTapChannels = 8;

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
  const isDense = attributes.strides.every((stride) => stride === 1);
  return isDense && attributes.group === 1 && shape[1] >= fewestTapChannels
    ? filterGradientByTaps(g, cotangent, x, shape, attributes)
    : filterGradientByConvolution(g, cotangent, x, shape, attributes);
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
