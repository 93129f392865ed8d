/**
 * The one intermediate form: what the importer makes, autodiff and the passes rewrite, and every backend runs.
 *
 * Glossary. A *value* is a tensor of static type that flows through the graph: an input, a constant or an output of a
 * node. A *node* is one application of an operator. A *graph* lists nodes so that every value is made before it is used.
 * Values are compared by identity; names are unique within a graph and serve people, exports and feeds.
 */
import type { Attributes, OpType } from "./operators.ts";
import {
  formatType,
  type Tensor,
  type TensorData,
  type TensorType,
} from "./tensor.ts";

export interface Value extends TensorType {
  readonly name: string;
  /** Present exactly on constants. */
  readonly data?: TensorData;
}

/** A value whose data is known. */
export type Constant = Value & Tensor;

export interface Node<Op extends OpType = OpType> {
  readonly op: Op;
  /** The name in the imported model where there is one: errors speak of it. */
  readonly name: string;
  /** `null` stands for an optional input left out before one that is given. */
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Attributes<Op>;
  readonly outputs: readonly Value[];
}

export interface Graph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** In an order of computation. */
  readonly nodes: readonly Node[];
}

export function isConstant(value: Value | null | undefined): value is Constant {
  return value?.data !== undefined;
}

/** The graph as text, a node a line: `relu_3: float32[4,16,32,32] = Relu(conv_2)`. */
export function printGraph(graph: Graph): string {
  const show = (value: Value) => `${value.name}: ${formatType(value)}`;
  const lines = graph.nodes.map((node) => {
    const attributes = Object.entries(node.attributes).map(
      ([key, value]) => `${key}=${JSON.stringify(value)}`,
    );
    const inputs = node.inputs.map((value) => value?.name ?? "–");
    return `  ${node.outputs.map(show).join(", ")} = ${node.op}(${[...inputs, ...attributes].join(", ")})`;
  });
  return [
    `graph(${graph.inputs.map(show).join(", ")})`,
    ...lines,
    `  return ${graph.outputs.map((v) => v.name).join(", ")}`,
  ].join("\n");
}
