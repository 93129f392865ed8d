/** Holds a graph against what every reader of graphs takes for granted: for tests, above all of passes. */
import { MotifError } from "../../motif-error.ts";
import {
  isConstant,
  type Graph,
  type Node,
  type Value,
} from "../graph/graph.ts";
import type { OpType } from "../graph/operators.ts";
import { elementCount, formatType, isSameShape } from "../graph/tensor.ts";
import { ruleOf } from "../ops/table.ts";

/**
 * Constants may share names: graphs that were joined bring their own, and the exporter tells them apart.
 * @throws MotifError "graph" when a value is used before it is made, an output is made by nothing, two inputs or node
 * outputs share a name, a constant's data does not fit its shape, or a type is not what inference gives
 */
export function verifyGraph(graph: Graph): void {
  const made = new Set<Value>();
  const names = new Set<string>();
  const define = (value: Value) => {
    if (made.has(value))
      throw new MotifError("graph", `${value.name} is made twice`);
    if (names.has(value.name))
      throw new MotifError("graph", `two values are called ${value.name}`);
    made.add(value);
    names.add(value.name);
  };
  const use = (value: Value, where: string) => {
    if (isConstant(value)) return verifyConstant(value);
    if (!made.has(value))
      throw new MotifError(
        "graph",
        `${value.name} is used by ${where} before it is made`,
      );
  };
  graph.inputs.forEach(define);
  for (const node of graph.nodes) {
    for (const value of node.inputs)
      if (value) use(value, `${node.op} "${node.name}"`);
    verifyTypes(node);
    node.outputs.forEach(define);
  }
  for (const value of graph.outputs) use(value, "the graph's outputs");
}

function verifyConstant(value: Value): void {
  if (value.data?.length !== elementCount(value.shape)) {
    throw new MotifError(
      "graph",
      `constant ${value.name} ${formatType(value)} holds ${value.data?.length} elements`,
    );
  }
}

function verifyTypes(node: Node): void {
  const types = ruleOf<OpType>(node.op).infer(node.inputs, node.attributes);
  if (types.length !== node.outputs.length) {
    throw new MotifError(
      "graph",
      `${node.op} "${node.name}" has ${node.outputs.length} outputs, ${types.length} are expected`,
    );
  }
  node.outputs.forEach((output, index) => {
    const type = types[index];
    if (output.dtype !== type.dtype || !isSameShape(output.shape, type.shape)) {
      throw new MotifError(
        "graph",
        `${node.op} "${node.name}" gives ${formatType(type)}, not ${formatType(output)}`,
      );
    }
  });
}
