/**
 * Scales and shifts by constants a channel, taken into the filters before them. BatchNormalization in inference is one
 * (the importer writes it as Mul, then Add).
 *
 *     a·(W ∗ x + b) + c  =  (a·W) ∗ x + (a·b + c)
 *
 * What stands in front of a filter stays: the normalisation of a model's input is cheap, and (x − mean) / std computed
 * otherwise rounds otherwise, which moves activations next to zero to the other side.
 */
import {
  isConstant,
  type Constant,
  type Graph,
  type Node,
  type Value,
} from "../graph/graph.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import { elementCount, isSameShape, type Shape } from "../graph/tensor.ts";
import { rewriteNodes, type Rewriting } from "./rewrite.ts";

/** Takes per-channel scales and shifts into constant filters and biases. */
export function foldAffine(graph: Graph): Graph {
  return rewriteNodes(graph, (node, rewriting) => {
    const value = foldBehind(node, rewriting);
    return value && [value];
  });
}

/** x ↦ scale·x + shift with a number for each channel; a missing one is 1 or 0. */
interface Affine {
  readonly x: Value;
  /** Which input of the node x is. */
  readonly index: number;
  readonly scale?: Float64Array;
  readonly shift?: Float64Array;
}

/** Reads a node as an affine map of its one input that is not constant. @param axisFromEnd of channels: 3 for pictures */
function asAffine(
  { op, inputs, outputs }: Node,
  axisFromEnd: number,
): Affine | null {
  if (
    op !== "Mul" &&
    op !== "Div" &&
    op !== "Add" &&
    op !== "Sub" &&
    op !== "Neg"
  )
    return null;
  const index = isConstant(inputs[0]) ? 1 : 0;
  const x = inputs[index]!;
  const { shape } = outputs[0];
  const axis = shape.length - axisFromEnd;
  if (axis < 0 || x.dtype !== "float32" || !isSameShape(x.shape, shape))
    return null;
  if (op === "Neg")
    return { x, index, scale: new Float64Array(shape[axis]).fill(-1) };
  const other = inputs[1 - index];
  const numbers = isConstant(other) ? perChannel(other, shape, axis) : null;
  if (!numbers) return null;
  if (op === "Mul") return { x, index, scale: numbers };
  if (op === "Add") return { x, index, shift: numbers };
  if (op === "Div")
    return index === 0
      ? { x, index, scale: numbers.map((number) => 1 / number) }
      : null;
  if (index === 0) return { x, index, shift: numbers.map((number) => -number) };
  return {
    x,
    index,
    scale: new Float64Array(shape[axis]).fill(-1),
    shift: numbers,
  };
}

/** A constant's number for each channel, or null where it varies along another axis than `axis` of `shape`. */
function perChannel(
  constant: Constant,
  shape: Shape,
  axis: number,
): Float64Array | null {
  const channels = shape[axis];
  const count = elementCount(constant.shape);
  if (count === 1) return new Float64Array(channels).fill(constant.data[0]);
  const own = constant.shape[axis - shape.length + constant.shape.length];
  return count === channels && own === channels
    ? Float64Array.from(constant.data)
    : null;
}

const areFinite = (numbers: Float64Array) => numbers.every(Number.isFinite);

/** A filter times a number that depends on the position along its first two axes. */
function scaleFilter(
  g: GraphBuilder,
  filter: Constant,
  scaleAt: (row: number, column: number) => number,
): Constant {
  const columns = filter.shape[1];
  const taps = elementCount(filter.shape.slice(2));
  const data = Float32Array.from(filter.data);
  for (let i = 0, block = 0; i < data.length; block++) {
    const scale = scaleAt(Math.floor(block / columns), block % columns);
    for (const end = i + taps; i < end; i++) data[i] *= scale;
  }
  return g.constant(
    { dtype: "float32", shape: filter.shape, data },
    filter.name,
  );
}

/** A filter of several groups stacks them along its first axis: the channel that a position stands for on its second. */
function channelOfColumn(
  filter: Constant,
  group: number,
): (row: number, column: number) => number {
  const rowsPerGroup = filter.shape[0] / group;
  return (row, column) =>
    Math.floor(row / rowsPerGroup) * filter.shape[1] + column;
}

/** A product with a filter that an affine map stands behind. */
interface Product {
  readonly node: Node<"Conv" | "ConvTranspose" | "Gemm" | "MatMul">;
  /** Where the output has its channels, from the end of its shape. */
  readonly axisFromEnd: number;
  /** The output channel that a position along the first two axes of the filter belongs to. */
  channelOf(row: number, column: number): number;
}

function asProduct(value: Value | null, { maker }: Rewriting): Product | null {
  const conv = maker(value, "Conv");
  if (conv) return { node: conv, axisFromEnd: 3, channelOf: (row) => row };
  const transposed = maker(value, "ConvTranspose");
  if (transposed) {
    const channelOf = channelOfColumn(
      transposed.inputs[1] as Constant,
      transposed.attributes.group,
    );
    return { node: transposed, axisFromEnd: 3, channelOf };
  }
  const gemm = maker(value, "Gemm");
  if (gemm)
    return {
      node: gemm,
      axisFromEnd: 1,
      channelOf: (row, column) => (gemm.attributes.transB ? row : column),
    };
  const product = maker(value, "MatMul");
  if (product?.inputs[1]!.shape.length !== 2) return null;
  return { node: product, axisFromEnd: 1, channelOf: (_, column) => column };
}

/** affine(filter(x) + bias) as one product. */
function foldBehind(node: Node, rewriting: Rewriting): Value | null {
  const { g, isOnlyUse } = rewriting;
  const product = asProduct(
    node.inputs[isConstant(node.inputs[0]) ? 1 : 0],
    rewriting,
  );
  const affine = product && asAffine(node, product.axisFromEnd);
  if (!affine || !isOnlyUse(affine.index)) return null;
  const { scale, shift } = affine;
  const [x, filter, bias] = product.node.inputs as readonly [
    Value,
    Value,
    (Value | null)?,
  ];
  if (scale && !(isConstant(filter) && areFinite(scale))) return null;
  if (bias && !isConstant(bias)) return null;
  const { shape } = affine.x;
  const biases =
    bias &&
    (product.node.op === "Gemm"
      ? perChannel(bias, shape, 1)
      : Float64Array.from(bias.data));
  if (bias && !biases) return null;
  const newFilter = scale
    ? scaleFilter(
        g,
        filter as Constant,
        (row, column) => scale[product.channelOf(row, column)],
      )
    : filter;
  const channels = shape[shape.length - product.axisFromEnd];
  const sum = Float32Array.from(
    { length: channels },
    (_, c) => (biases?.[c] ?? 0) * (scale?.[c] ?? 1) + (shift?.[c] ?? 0),
  );
  return addProduct(
    g,
    product.node,
    x,
    newFilter,
    biases || shift ? sum : null,
  );
}

/** `node` with other operands. A MatMul that gets a bias becomes a Gemm, if its operands allow it. */
function addProduct(
  g: GraphBuilder,
  node: Product["node"],
  x: Value,
  filter: Value,
  biases: Float32Array | null,
): Value | null {
  if (!biases) return g.add(node.op, [x, filter], node.attributes, node.name);
  const bias = g.constant(
    { dtype: "float32", shape: [biases.length], data: biases },
    "bias",
  );
  if (node.op !== "MatMul")
    return g.add(node.op, [x, filter, bias], node.attributes, node.name);
  return x.shape.length === 2
    ? g.add(
        "Gemm",
        [x, filter, bias],
        { transA: false, transB: false },
        node.name,
      )
    : null;
}
