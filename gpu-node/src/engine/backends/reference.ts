/** The oracle: every node by its reference kernel, in order, one thread. Slow, and plain enough to trust. */
import { MotifError } from "../../motif-error.ts";
import { isConstant, type Graph, type Value } from "../graph/graph.ts";
import type { OpType } from "../graph/operators.ts";
import type { Tensor, TensorData } from "../graph/tensor.ts";
import { ruleOf } from "../ops/table.ts";
import type { Backend, Executable } from "./backend.ts";
import { readFeed } from "./feeds.ts";

/** @param precision "float64" computes every float32 value in double precision: for checking gradients. */
export function referenceBackend(
  precision: "float32" | "float64" = "float32",
): Backend {
  return {
    name: "reference",
    provider: "typescript",
    threads: 1,
    compile: async (graph) => compile(graph, precision),
  };
}

function compile(graph: Graph, precision: "float32" | "float64"): Executable {
  const widen = (tensor: Tensor): Tensor =>
    precision === "float64" && tensor.dtype === "float32"
      ? { ...tensor, data: Float64Array.from(tensor.data) }
      : tensor;
  const lastUse = new Map<Value, number>();
  graph.nodes.forEach((node, index) =>
    node.inputs.forEach((value) => value && lastUse.set(value, index)),
  );
  for (const value of graph.outputs) lastUse.set(value, Infinity);
  return {
    run: async (feeds) => runNodes(graph, feeds, widen, lastUse),
    dispose: async () => {},
  };
}

function runNodes(
  graph: Graph,
  feeds: Readonly<Record<string, TensorData>>,
  widen: (tensor: Tensor) => Tensor,
  lastUse: ReadonlyMap<Value, number>,
): Tensor[] {
  const tensors = new Map<Value, Tensor>();
  for (const input of graph.inputs) {
    const data = readFeed(input, feeds);
    tensors.set(input, widen({ dtype: input.dtype, shape: input.shape, data }));
  }
  const read = (value: Value): Tensor => {
    const tensor = tensors.get(value);
    if (tensor) return tensor;
    if (!isConstant(value))
      throw new MotifError(
        "graph",
        `${value.name} is used before it is computed`,
      );
    const constant = widen(value);
    if (constant !== value) tensors.set(value, constant);
    return constant;
  };
  graph.nodes.forEach((node, index) => {
    const inputs = node.inputs.map((value) => value && read(value));
    const results = ruleOf<OpType>(node.op).kernel(
      inputs,
      node.attributes,
      node.outputs,
    );
    results.forEach((tensor, position) => {
      const output = node.outputs[position];
      if (lastUse.has(output)) tensors.set(output, tensor);
    });
    for (const value of node.inputs)
      if (value && lastUse.get(value) === index) tensors.delete(value);
  });
  return graph.outputs.map((value) => {
    const tensor = read(value);
    return { ...tensor, data: tensor.data.slice() };
  });
}
