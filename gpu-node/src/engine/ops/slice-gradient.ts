/** Slicing, backwards: what was read is put back where it stood, with zeros around and in between. */
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Attributes } from "../graph/operators.ts";
import { zeros, type Shape } from "../graph/tensor.ts";
import { interleavePhases } from "./interleave.ts";
import { reshape } from "./reshape.ts";

/** What Slice takes along one axis: `count` elements from `start`, `step` apart. */
export interface AxisSlice {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Slice's bounds clamped to a tensor of `shape` (ONNX, Slice-13), an entry for each of `axes`. */
export function countSlices(
  shape: Shape,
  { starts, ends, axes, steps }: Attributes<"Slice">,
): AxisSlice[] {
  return axes.map((axis, index) => {
    const size = shape[axis];
    const step = steps[index];
    const [lowest, highest] = step > 0 ? [0, size] : [-1, size - 1];
    const clamp = (bound: number) => Math.min(Math.max(bound, lowest), highest);
    const start = clamp(starts[index]);
    return {
      axis,
      start,
      step,
      count: Math.max(0, Math.ceil((clamp(ends[index]) - start) / step)),
    };
  });
}

/** The transpose of slicing a tensor of `shape`: `cotangent`'s elements in their places, zeros elsewhere. */
export function sliceGradient(
  g: GraphBuilder,
  cotangent: Value,
  shape: Shape,
  slices: readonly AxisSlice[],
): Value {
  if (cotangent.shape.includes(0))
    return g.constant(zeros({ dtype: cotangent.dtype, shape }));
  const forward = countForward(g, cotangent, slices);
  const spread = insertZeros(g, forward.value, forward.slices);
  const begins = shape.map(() => 0);
  const ends = shape.map(() => 0);
  for (const { axis, start } of forward.slices) {
    begins[axis] = start;
    // Negative where the zeros after the last element stand outside of the tensor.
    ends[axis] = shape[axis] - start - spread.shape[axis];
  }
  return padWithZeros(g, spread, begins, ends);
}

/** Turns axes read backwards round, so that every step is positive. */
function countForward(
  g: GraphBuilder,
  cotangent: Value,
  slices: readonly AxisSlice[],
): { value: Value; slices: AxisSlice[] } {
  const backward = slices.filter(({ step, count }) => step < 0 && count > 1);
  return {
    value:
      backward.length === 0
        ? cotangent
        : reverse(
            g,
            cotangent,
            backward.map(({ axis }) => axis),
          ),
    slices: slices.map((slice) => {
      if (slice.step > 0) return slice;
      return {
        ...slice,
        start: slice.start + slice.step * (slice.count - 1),
        step: -slice.step,
      };
    }),
  };
}

/** `value` with its elements along `axes` in the opposite order. */
export function reverse(
  g: GraphBuilder,
  value: Value,
  axes: readonly number[],
): Value {
  return g.add("Slice", [value], {
    starts: axes.map((axis) => value.shape[axis] - 1),
    ends: axes.map(() => -1),
    axes,
    steps: axes.map(() => -1),
  });
}

/** Puts step − 1 zeros behind every element of every axis sliced: […, n, …] → […, n, 1, …] → […, n, step, …] → […, n·step, …]. */
function insertZeros(
  g: GraphBuilder,
  value: Value,
  slices: readonly AxisSlice[],
): Value {
  const strided = new Map(
    slices
      .filter(({ step, count }) => step > 1 && count > 1)
      .map(({ axis, step }) => [axis, step]),
  );
  if (strided.size === 0) return value;
  if (value.shape.length === 4 && !strided.has(0) && !strided.has(1)) {
    const [n, c, height, width] = value.shape;
    return interleavePhases(
      g,
      padWithZeros(
        g,
        reshape(g, value, [n, c, 1, 1, height, width]),
        [0, 0, 0, 0, 0, 0],
        [0, 0, (strided.get(2) ?? 1) - 1, (strided.get(3) ?? 1) - 1, 0, 0],
      ),
    );
  }
  const split = g.add("Reshape", [value], {
    shape: value.shape.flatMap((size, axis) =>
      strided.has(axis) ? [size, 1] : [size],
    ),
  });
  const zerosBehind = value.shape.flatMap((_, axis) =>
    strided.has(axis) ? [0, strided.get(axis)! - 1] : [0],
  );
  const padded = padWithZeros(
    g,
    split,
    zerosBehind.map(() => 0),
    zerosBehind,
  );
  return g.add("Reshape", [padded], {
    shape: value.shape.map((size, axis) => size * (strided.get(axis) ?? 1)),
  });
}

/** Pad by zeros, by no node where there is nothing to pad. Negative pads crop. */
export function padWithZeros(
  g: GraphBuilder,
  value: Value,
  begins: readonly number[],
  ends: readonly number[],
): Value {
  const pads = [...begins, ...ends];
  return pads.every((pad) => pad === 0)
    ? value
    : g.add("Pad", [value], { pads, mode: "constant", value: 0 });
}
