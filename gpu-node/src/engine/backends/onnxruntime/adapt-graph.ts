/**
 * Writes out what ONNX Runtime's kernels leave out of ONNX, with operators that they have: choices between truth values,
 * output paddings of a stride or more, average pools with dilations; for WebGPU also where the maxima of a pool stand.
 */
import type { GraphBuilder } from "../../graph/graph-builder.ts";
import {
  isConstant,
  type Graph,
  type Node,
  type Value,
} from "../../graph/graph.ts";
import type { OpType } from "../../graph/operators.ts";
import { floats, integers } from "../../graph/tensor.ts";
import { meanMaps } from "../../ops/pooling.ts";
import type { AxisMap } from "../../ops/separable.ts";
import { newGraphBuilder } from "../../ops/table.ts";

/** The node's outputs written otherwise, or null where ONNX Runtime computes it as it is. */
type Adaptation = (
  g: GraphBuilder,
  node: Node,
  inputs: readonly (Value | null)[],
) => Value[] | null;

/**
 * @param provider execution provider that the graph is for
 * @returns `graph` itself where nothing has to change, else one with inputs and outputs of the same names and types
 */
export function adaptGraph(graph: Graph, provider: string): Graph {
  const used = new Set<Value | null>([
    ...graph.outputs,
    ...graph.nodes.flatMap(({ inputs }) => inputs),
  ]);
  const adaptationOf = ({ op, outputs }: Node): Adaptation | undefined =>
    op === "MaxPool" && provider === "webgpu" && used.has(outputs[1])
      ? poolByTaps
      : adaptations[op];
  if (!graph.nodes.some(adaptationOf)) return graph;
  const g = newGraphBuilder();
  const values = new Map<Value, Value>();
  for (const input of graph.inputs)
    values.set(input, g.input(input.name, input.shape, input.dtype));
  const map = (value: Value) =>
    isConstant(value) ? value : values.get(value)!;
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((value) => value && map(value));
    const outputs =
      adaptationOf(node)?.(g, node, inputs) ??
      g.addAll(node.op, inputs, node.attributes, node.name);
    node.outputs.forEach((value, index) => values.set(value, outputs[index]));
  }
  return g.finish(graph.outputs.map(map));
}

/**
 * MaxPool with its indices: every tap of the window is a strided picture, the greatest of them is the maximum, and the
 * first that is says where it stands.
 */
const poolByTaps: Adaptation = (g, node, [x]) => {
  const { attributes, outputs } = node as Node<"MaxPool">;
  const { kernelShape, strides, pads, dilations } = attributes;
  const [, , height, width] = x!.shape;
  const { shape } = outputs[0];
  const [n, c, rows, columns] = shape;
  const counts = [rows, columns];
  const ends = counts.map((count, axis) => {
    const reach =
      (count - 1) * strides[axis] + (kernelShape[axis] - 1) * dilations[axis];
    return Math.max(reach + 1 - pads[axis] - x!.shape[2 + axis], 0);
  });
  const padded = g.add("Pad", [x], {
    pads: [0, 0, pads[0], pads[1], 0, 0, ...ends],
    mode: "constant",
    value: -Infinity,
  });
  const taps = Array.from(
    { length: kernelShape[0] * kernelShape[1] },
    (_, tap) => [
      Math.floor(tap / kernelShape[1]) * dilations[0],
      (tap % kernelShape[1]) * dilations[1],
    ],
  );
  const pictures = taps.map((starts) => {
    const picture = g.add("Slice", [padded], {
      starts,
      ends: starts.map(
        (start, axis) => start + (counts[axis] - 1) * strides[axis] + 1,
      ),
      axes: [2, 3],
      steps: strides,
    });
    return g.add("Reshape", [picture], { shape: [...shape, 1] });
  });
  const stacked = g.add("Concat", pictures, { axis: 4 });
  const maxima = g.add("ReduceMax", [stacked], { axes: [4], keepDims: false });
  const winners = g.add("ArgMax", [stacked], { axis: 4, keepDims: false });
  const steps = integers(taps.map(([row, column]) => row * width + column));
  const offsets = g.add("Gather", [g.constant(steps), winners], { axis: 0 });
  const begins = Array.from({ length: n * c * rows * columns }, (_, i) => {
    const column = (i % columns) * strides[1] - pads[1];
    const row = (Math.floor(i / columns) % rows) * strides[0] - pads[0];
    const plane = Math.floor(i / (columns * rows));
    return (plane * height + row) * width + column;
  });
  const windows = g.constant(integers(begins, shape));
  return [maxima, g.add("Add", [windows, offsets], {})];
};

const adaptations: { readonly [Op in OpType]?: Adaptation } = {
  Where: (g, { outputs: [output] }, [condition, whereTrue, whereFalse]) => {
    if (output.dtype !== "bool") return null;
    const chosen = g.add("And", [condition, whereTrue], {});
    const others = g.add(
      "And",
      [g.add("Not", [condition], {}), whereFalse],
      {},
    );
    return [g.add("Or", [chosen, others], {})];
  },

  ConvTranspose: (g, node, [x, filter, bias]) => {
    const { attributes } = node as Node<"ConvTranspose">;
    const { outputPadding, strides, pads } = attributes;
    if (outputPadding.every((extra, axis) => extra < strides[axis]))
      return null;
    // An output padding takes back pads at the end; what is left of it lies beyond all windows and is zero.
    const taken = outputPadding.map((extra, axis) =>
      Math.min(extra, pads[axis + 2]),
    );
    const beyond = outputPadding.map((extra, axis) => extra - taken[axis]);
    const reached = g.add("ConvTranspose", [x, filter], {
      ...attributes,
      pads: [pads[0], pads[1], pads[2] - taken[0], pads[3] - taken[1]],
      outputPadding: [0, 0],
    });
    const whole = g.add("Pad", [reached], {
      pads: [0, 0, 0, 0, 0, 0, ...beyond],
      mode: "constant",
      value: 0,
    });
    if (!bias) return [whole];
    const channels = g.add("Reshape", [bias], {
      shape: [1, bias.shape[0], 1, 1],
    });
    return [g.add("Add", [whole, channels], {})];
  },

  AveragePool: (g, node, [x]) => {
    const { attributes, outputs } = node as Node<"AveragePool">;
    if (attributes.dilations.every((size) => size === 1)) return null;
    const [rows, columns] = meanMaps(x!.shape, outputs[0].shape, attributes);
    const lines = g.add("MatMul", [x, matrixOf(g, columns, false)], {});
    return [g.add("MatMul", [matrixOf(g, rows, true), lines], {})];
  },
};

/** The matrix [from, to] of a map, or its transpose. */
function matrixOf(
  g: GraphBuilder,
  { from, to, terms }: AxisMap,
  isTransposed: boolean,
): Value {
  const matrix = new Float32Array(from * to);
  terms.forEach((list, column) => {
    for (const { index, weight } of list)
      matrix[isTransposed ? column * from + index : index * to + column] +=
        weight;
  });
  return g.constant(floats(matrix, isTransposed ? [to, from] : [from, to]));
}
