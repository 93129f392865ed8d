/** Models of one architecture have one digest, whatever their weights, names and file. */
import { createHash } from "node:crypto";
import type { Graph, Value } from "../engine/index.ts";

/** @returns SHA-256, in hexadecimal, of operators, attributes, connections and shapes */
export function digestArchitecture(graph: Graph): string {
  const numbers = new Map<Value, number>();
  const number = (value: Value) => numbers.set(value, numbers.size);
  const typeOf = ({ dtype, shape }: Value) => [dtype, ...shape];
  graph.inputs.forEach(number);
  const nodes = graph.nodes.map(({ op, attributes, inputs, outputs }) => {
    // Weights are known by their shapes alone.
    const read = inputs.map(
      (value) => value && (numbers.get(value) ?? typeOf(value)),
    );
    outputs.forEach(number);
    return [op, attributes, read, outputs.map(typeOf)];
  });
  const content = {
    inputs: graph.inputs.map(typeOf),
    nodes,
    outputs: graph.outputs.map((value) => numbers.get(value) ?? null),
  };
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
