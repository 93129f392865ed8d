/** Walks an ONNX graph in its order and lowers every node that the outputs need. */
import { MotifError } from "../../../motif-error.ts";
import type { GraphBuilder } from "../../graph/graph-builder.ts";
import type { Value } from "../../graph/graph.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { OnnxGraph, OnnxNode, OnnxTensor } from "../model-proto.ts";
import { decodeTensor } from "../tensor-proto.ts";
import { describeNode, OnnxCall } from "./call.ts";
import { BudgetSpent, type FoldingBudget } from "./folding-budget.ts";
import { lowerings } from "./table.ts";

export interface LoweringOptions {
  readonly g: GraphBuilder;
  readonly opset: number;
  /** The model's name, for messages. */
  readonly model: string;
  /** What computing constants may cost; `g` spends from it too. */
  readonly budget: FoldingBudget;
  /** What stands for a tensor of the file; null where its data does, as a constant. */
  readonly standIn?: (tensor: OnnxTensor, decoded: Tensor) => Value | null;
}

/** Values by their ONNX name. A subgraph's scope sees the one around it. */
class Scope {
  readonly #values = new Map<string, Value>();
  readonly #outer: Scope | null;

  constructor(outer: Scope | null) {
    this.#outer = outer;
  }

  get(name: string): Value | undefined {
    return this.#values.get(name) ?? this.#outer?.get(name);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }
}

const controlFlow = new Set([
  "Loop",
  "Scan",
  "SequenceAt",
  "SequenceConstruct",
  "SequenceEmpty",
  "SequenceInsert",
  "SplitToSequence",
]);

/**
 * @param inputs values for the graph's inputs
 * @returns the graph's outputs in order
 * @throws MotifError "model" naming the node that cannot be lowered
 */
export function lowerGraph(
  graph: OnnxGraph,
  inputs: ReadonlyMap<string, Value>,
  options: LoweringOptions,
): Value[] {
  const scope = new Scope(null);
  for (const [name, value] of inputs) scope.set(name, value);
  return lowerInto(scope, graph, options);
}

function lowerInto(
  scope: Scope,
  graph: OnnxGraph,
  options: LoweringOptions,
): Value[] {
  const { g, model, opset } = options;
  const needed = neededNames(graph);
  for (const tensor of graph.initializers) {
    if (!needed.has(tensor.name)) continue;
    if (scope.has(tensor.name))
      throw new MotifError(
        "model",
        `${model}: tensor "${tensor.name}" is there twice. Export it again.`,
      );
    const decoded = decodeTensor(tensor, `${model}: tensor "${tensor.name}"`);
    scope.set(
      tensor.name,
      options.standIn?.(tensor, decoded) ?? g.constant(decoded, tensor.name),
    );
  }
  const find = (name: string, place: string): Value => {
    const value = scope.get(name);
    if (value) return value;
    const isLater = graph.nodes.some((node) => node.outputs.includes(name));
    throw new MotifError(
      "model",
      `${model}: ${place} uses "${name}", which ${
        isLater
          ? "is computed only after it: the graph is out of order or cyclic"
          : "nothing in the file gives"
      }. Export the model again.`,
    );
  };
  for (const node of graph.nodes) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    const described = describeNode(node, opset);
    const values = node.inputs.map((name) =>
      name === "" ? null : find(name, described),
    );
    const outputs = lowerNode(node, values, scope, options);
    node.outputs.forEach((name, index) => {
      const output = outputs[index];
      if (name === "") return;
      if (scope.has(name))
        throw new MotifError(
          "model",
          `${model}: ${described} gives "${name}" a second time. Export it again.`,
        );
      if (output) scope.set(name, output);
    });
  }
  return graph.outputs.map(({ name }) => find(name, "the output list"));
}

function lowerNode(
  node: OnnxNode,
  inputs: readonly (Value | null)[],
  scope: Scope,
  options: LoweringOptions,
): readonly Value[] {
  const { g, opset, model, budget } = options;
  const inline = (graph: OnnxGraph) =>
    lowerInto(new Scope(scope), graph, options);
  const call = new OnnxCall({
    g,
    node,
    inputs,
    opset,
    model,
    budget,
    inline,
  });
  if (node.domain !== "") {
    call.fail(
      "operators outside of the standard set (ai.onnx) are not supported. Export without custom or fused operators.",
    );
  }
  if (isQuantized(node.opType)) {
    call.fail(
      "quantised models cannot be used, they have no gradients. Export the float32 model that it was made from.",
    );
  }
  const lowering = lowerings.get(node.opType);
  if (!lowering) {
    if (controlFlow.has(node.opType))
      call.fail(
        "control flow and sequences are not supported. Export a traced model without them.",
      );
    return call.fail(
      "this operator is not supported. Export the model with other operators, or ask for this one.",
    );
  }
  try {
    const result = lowering(call);
    return "dtype" in result ? [result] : result;
  } catch (error) {
    if (error instanceof BudgetSpent) return call.fail(error.message);
    if (!(error instanceof MotifError) || error.code === "model") throw error;
    // What the graph builder refuses: types or sizes that do not fit.
    throw new MotifError(
      "model",
      `${model}: ${describeNode(node, opset)} does not fit its inputs: ${error.message}`,
      {
        cause: error,
      },
    );
  }
}

/** QLinearConv, ConvInteger, QuantizeLinear and the like. */
const isQuantized = (opType: string) =>
  /^QLinear|Quantize|^(?:Conv|MatMul)Integer$/.test(opType);

/** Every name that the graph's outputs depend on. */
function neededNames(graph: OnnxGraph): Set<string> {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  for (const node of graph.nodes.toReversed()) {
    if (node.outputs.some((name) => needed.has(name)))
      for (const name of namesUsed(node)) needed.add(name);
  }
  return needed;
}

/** A node's inputs, and what its subgraphs may use from around them. */
function namesUsed(node: OnnxNode): string[] {
  const inner = [...node.attributes.values()].flatMap(({ graph }) =>
    graph
      ? [
          ...graph.nodes.flatMap(namesUsed),
          ...graph.outputs.map(({ name }) => name),
        ]
      : [],
  );
  return [...node.inputs, ...inner];
}
