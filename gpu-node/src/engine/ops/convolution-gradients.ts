/** Convolutions, backwards: gradients with respect to pictures and biases, written as convolutions again. */
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Attributes } from "../graph/operators.ts";
import type { Shape } from "../graph/tensor.ts";
import { cropPicture, cutPicture } from "./cut-picture.ts";
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
