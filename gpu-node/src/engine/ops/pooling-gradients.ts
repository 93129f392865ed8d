/** Pools, backwards: each window's cotangent goes back to its maximum, or in equal shares to all it read. */
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Value } from "../graph/graph.ts";
import { elementCount, zeros, type Shape } from "../graph/tensor.ts";
import { reshape } from "./reshape.ts";
import { transposeMap, type AxisMap } from "./separable.ts";
import { padWithZeros } from "./slice-gradient.ts";
import { windowSpan, type WindowAxis } from "./windows.ts";

/**
 * ∂L/∂x of MaxPool, for pictures x of `shape`.
 * @param indices of the maxima: flat ones into x
 */
export function maximumGradient(
  g: GraphBuilder,
  cotangent: Value,
  indices: Value,
  shape: Shape,
  axes: readonly [WindowAxis, WindowAxis],
): Value {
  const count = elementCount(cotangent.shape);
  const none = g.constant(
    zeros({ dtype: "float32", shape: [elementCount(shape)] }),
    "zeros",
  );
  // Windows that do not overlap have maxima of their own: nothing needs adding.
  const isDisjoint = axes.every((axis) => axis.stride >= windowSpan(axis));
  const flat = g.add(
    "ScatterElements",
    [none, reshape(g, indices, [count]), reshape(g, cotangent, [count])],
    {
      axis: 0,
      reduction: isDisjoint ? "none" : "add",
    },
  );
  return reshape(g, flat, shape);
}

/**
 * ∂L/∂x of AveragePool.
 * @param maps what the pool does to rows and to columns
 */
export function averageGradient(
  g: GraphBuilder,
  cotangent: Value,
  axes: readonly [WindowAxis, WindowAxis],
  maps: readonly [AxisMap, AxisMap],
): Value {
  const isTiling = axes.every(
    ({ stride, kernel, begin, dilation }) =>
      stride === kernel && begin === 0 && dilation === 1,
  );
  const shares = maps.map(
    ({ terms }) => new Set(terms.flat().map(({ weight }) => weight)),
  );
  if (!isTiling || shares.some(({ size }) => size > 1))
    return transposeMap(g, cotangent, ...maps);
  const [rows, columns] = axes;
  const [n, c, height, width] = cotangent.shape as readonly [
    number,
    number,
    number,
    number,
  ];
  const share = maps[0].terms[0][0].weight * maps[1].terms[0][0].weight;
  const scaled = g.add("Mul", [cotangent, g.scalar(share)], {});
  const split = reshape(g, scaled, [n, c, height, 1, width, 1]);
  const repeated = g.add("Expand", [split], {
    shape: [n, c, height, rows.kernel, width, columns.kernel],
  });
  const tiled = reshape(g, repeated, [
    n,
    c,
    height * rows.kernel,
    width * columns.kernel,
  ]);
  const ends = [
    0,
    0,
    rows.size - height * rows.kernel,
    columns.size - width * columns.kernel,
  ];
  return padWithZeros(g, tiled, [0, 0, 0, 0], ends);
}
