/**
 * Reverse-mode differentiation, graph to graph: the backward pass is ordinary graph, so every backend that can run a
 * model can run its gradient, and one compiler optimises both together.
 * The scheme is the usual one: Griewank & Walther, *Evaluating Derivatives* (2nd ed., 2008), chapter 3.
 */
import { MotifError } from "../../motif-error.ts";
import {
  isConstant,
  type Graph,
  type Node,
  type Value,
} from "../graph/graph.ts";
import { elementCount, formatType, isSameShape } from "../graph/tensor.ts";
import { newGraphBuilder, ruleOf } from "../ops/table.ts";
import type { OpType } from "../graph/operators.ts";

/**
 * Extends `graph` by the gradients of `sum(loss)`.
 * @param loss float32 value of `graph`, of any shape: independent losses side by side are differentiated in one pass
 * @param wrt float32 values of `graph`, usually inputs
 * @returns a graph with the outputs of `graph` followed by ∂sum(loss)/∂w for each `w` of `wrt`, each of w's shape
 * @throws MotifError "graph" when loss or `wrt` is not float32, or loss does not depend on one of them
 */
export function valueAndGrad(
  graph: Graph,
  loss: Value,
  wrt: readonly Value[],
): Graph {
  for (const value of [loss, ...wrt]) {
    if (value.dtype !== "float32")
      throw new MotifError(
        "graph",
        `${value.name} (${formatType(value)}) cannot be differentiated`,
      );
  }
  const g = newGraphBuilder();
  g.adopt(graph);

  const varying = new Set<Value>(wrt);
  for (const node of graph.nodes) {
    if (
      node.inputs.some((input) => input && varying.has(input)) &&
      ruleOf(node.op).vjp !== null
    ) {
      for (const output of node.outputs)
        if (output.dtype === "float32") varying.add(output);
    }
  }

  const cotangents = new Map<Value, Value>();
  const accumulate = (value: Value, cotangent: Value, node: Node) => {
    if (!isSameShape(value.shape, cotangent.shape)) {
      throw new MotifError(
        "graph",
        `the gradient of ${node.op} "${node.name}" has shape [${cotangent.shape.join(",")}] for ${value.name} ${formatType(value)}`,
      );
    }
    const earlier = cotangents.get(value);
    cotangents.set(
      value,
      earlier ? g.add("Add", [earlier, cotangent], {}) : cotangent,
    );
  };
  cotangents.set(
    loss,
    g.constant(
      {
        dtype: "float32",
        shape: loss.shape,
        data: new Float32Array(elementCount(loss.shape)).fill(1),
      },
      "seed",
    ),
  );

  for (const node of graph.nodes.toReversed()) {
    const outgoing = node.outputs.map((output) =>
      varying.has(output) ? (cotangents.get(output) ?? null) : null,
    );
    const wanted = node.inputs.map(
      (input) => input !== null && !isConstant(input) && varying.has(input),
    );
    if (
      outgoing.every((cotangent) => cotangent === null) ||
      !wanted.includes(true)
    )
      continue;
    const { vjp } = ruleOf<OpType>(node.op);
    const incoming = vjp!(g, node, outgoing, wanted);
    node.inputs.forEach((input, index) => {
      const cotangent = incoming[index];
      if (input && cotangent && wanted[index])
        accumulate(input, cotangent, node);
    });
  }

  const gradients = wrt.map((value) => {
    const gradient = cotangents.get(value);
    if (!gradient)
      throw new MotifError(
        "graph",
        `${loss.name} does not depend on ${value.name}: there is no gradient to follow${explainMissing(graph, value)}`,
      );
    return gradient;
  });
  return g.finish([...graph.outputs, ...gradients]);
}

/** The first node that what `value` does goes through without a gradient, as half a sentence; "" where there is none. */
function explainMissing({ nodes }: Graph, value: Value): string {
  const reached = new Set([value]);
  for (const { op, name, inputs, outputs } of nodes) {
    if (!inputs.some((input) => input && reached.has(input))) continue;
    if (ruleOf(op).vjp === null) return `, ${op} "${name}" has none`;
    for (const output of outputs) reached.add(output);
  }
  return "";
}
