/**
 * Gathering, backwards. Scattering is slow on most hardware (writes collide), so it is left for indices that repeat or
 * are not known before the run; where they are known, the gradient is itself a gather, a pad or nothing at all.
 */
import type { GraphBuilder } from "../graph/graph-builder.ts";
import { isConstant, type Constant, type Value } from "../graph/graph.ts";
import {
  elementCount,
  integers,
  rowMajorStrides,
  zeros,
  type Shape,
} from "../graph/tensor.ts";
import { reshape } from "./reshape.ts";
import { padWithZeros, sliceGradient } from "./slice-gradient.ts";

export function zeroConstant(g: GraphBuilder, shape: Shape): Constant {
  return g.constant(zeros({ dtype: "float32", shape }), "zeros");
}

/** ∂L/∂data of Gather(data, indices). @param shape of data */
export function gatherGradient(
  g: GraphBuilder,
  cotangent: Value,
  shape: Shape,
  indices: Value,
  axis: number,
): Value {
  const count = elementCount(indices.shape);
  if (count === 0) return zeroConstant(g, shape);
  // [outer…, count, inner…]
  const rows = reshape(g, cotangent, shape.with(axis, count));
  if (!isConstant(indices)) return scatterRows(g, rows, shape, indices, axis);
  const known = Array.from(indices.data, (index) =>
    index < 0 ? index + shape[axis] : index,
  );
  const step = count === 1 ? 1 : known[1] - known[0];
  if (step !== 0 && known.every((index, i) => index === known[0] + i * step)) {
    return sliceGradient(g, rows, shape, [
      { axis, start: known[0], step, count },
    ]);
  }
  if (new Set(known).size === count)
    return gatherInverse(g, rows, shape, known, axis);
  return scatterRows(g, rows, shape, indices, axis);
}

/** Every element of data was read at most once: read its cotangent back, or a zero that is appended for the unread. */
function gatherInverse(
  g: GraphBuilder,
  rows: Value,
  shape: Shape,
  indices: readonly number[],
  axis: number,
): Value {
  const inverse = new Array<number>(shape[axis]).fill(indices.length);
  indices.forEach((index, i) => (inverse[index] = i));
  const none = shape.map(() => 0);
  const source =
    indices.length < shape[axis]
      ? padWithZeros(g, rows, none, none.with(axis, 1))
      : rows;
  return g.add("Gather", [source, g.constant(integers(inverse), "inverse")], {
    axis,
  });
}

/** Adds the rows up along `axis`, moved to the front where ScatterND takes whole blocks. */
function scatterRows(
  g: GraphBuilder,
  rows: Value,
  shape: Shape,
  indices: Value,
  axis: number,
): Value {
  const toFront = [axis, ...shape.flatMap((_, a) => (a === axis ? [] : [a]))];
  const back = shape.map((_, a) => toFront.indexOf(a));
  const front =
    axis === 0 ? rows : g.add("Transpose", [rows], { perm: toFront });
  const tuples = reshape(g, indices, [elementCount(indices.shape), 1]);
  const sums = g.add(
    "ScatterND",
    [
      zeroConstant(
        g,
        toFront.map((a) => shape[a]),
      ),
      tuples,
      front,
    ],
    { reduction: "add" },
  );
  return axis === 0 ? sums : g.add("Transpose", [sums], { perm: back });
}

/**
 * ONNX's GatherND without batch axes, which the vocabulary does without: the blocks that tuples of indices name, read
 * by one flat index over the axes that a tuple spans.
 * @param indices int64 […, width]
 * @returns the shape of indices without its last axis, then the shape of data without its first `width` axes
 */
export function gatherByTuples(
  g: GraphBuilder,
  data: Value,
  indices: Value,
): Value {
  const width = indices.shape.at(-1)!;
  const spanned = data.shape.slice(0, width);
  const outer = indices.shape.slice(0, -1);
  if (width === 1)
    return g.add("Gather", [data, reshape(g, indices, outer)], { axis: 0 });
  const sizes = g.constant(integers(spanned), "sizes");
  const isNegative = g.add("Less", [indices, g.integer(0)], {});
  const fromFront = g.add(
    "Where",
    [isNegative, g.add("Add", [indices, sizes], {}), indices],
    {},
  );
  const offsets = g.add(
    "Mul",
    [fromFront, g.constant(integers(rowMajorStrides(spanned)), "strides")],
    {},
  );
  const flat = g.add("ReduceSum", [offsets], {
    axes: [indices.shape.length - 1],
    keepDims: false,
  });
  const blocks = g.add("Reshape", [data], {
    shape: [elementCount(spanned), ...data.shape.slice(width)],
  });
  return g.add("Gather", [blocks, flat], { axis: 0 });
}
