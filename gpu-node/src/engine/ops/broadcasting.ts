/** Multidirectional broadcasting (ONNX, "Broadcasting"; the same as NumPy's), forwards and backwards. */
import { MotifError } from "../../motif-error.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Value } from "../graph/graph.ts";
import { isSameShape, rowMajorStrides, type Shape } from "../graph/tensor.ts";

/** The shape that all of `shapes` broadcast to. @throws MotifError "graph" when they do not. */
export function broadcastShapes(...shapes: readonly Shape[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes
      .map((shape) => shape[axis - rank + shape.length] ?? 1)
      .filter((size) => size !== 1);
    if (new Set(sizes).size > 1) {
      throw new MotifError(
        "graph",
        `shapes ${shapes.map((s) => `[${s.join(",")}]`).join(" and ")} do not broadcast`,
      );
    }
    return sizes[0] ?? 1;
  });
}

/** Strides to read a tensor of `shape` as if it had the larger shape `to`: 0 along axes it is repeated on. */
export function broadcastStrides(shape: Shape, to: Shape): number[] {
  const own = rowMajorStrides(shape);
  const offset = to.length - shape.length;
  return to.map((_, axis) =>
    axis < offset || shape[axis - offset] === 1 ? 0 : own[axis - offset],
  );
}

/** For each element of `to` in row-major order, the flat index of the element of `shape` that stands there. */
export function broadcastIndices(shape: Shape, to: Shape): Int32Array {
  const strides = broadcastStrides(shape, to);
  const count = to.reduce((product, size) => product * size, 1);
  const indices = new Int32Array(count);
  const position = new Array<number>(to.length).fill(0);
  let index = 0;
  for (let i = 0; i < count; i++) {
    indices[i] = index;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      index += strides[axis];
      if (++position[axis] < to[axis]) break;
      index -= strides[axis] * to[axis];
      position[axis] = 0;
    }
  }
  return indices;
}

/** The transpose of broadcasting: sums `cotangent` over the axes along which a value of `shape` was repeated. */
export function sumToShape(
  g: GraphBuilder,
  cotangent: Value,
  shape: Shape,
): Value {
  if (isSameShape(cotangent.shape, shape)) return cotangent;
  const offset = cotangent.shape.length - shape.length;
  const axes = cotangent.shape.flatMap((size, axis) =>
    axis < offset || (shape[axis - offset] === 1 && size !== 1) ? [axis] : [],
  );
  const summed =
    axes.length === 0
      ? cotangent
      : g.add("ReduceSum", [cotangent], { axes, keepDims: true });
  return isSameShape(summed.shape, shape)
    ? summed
    : g.add("Reshape", [summed], { shape });
}
