/** Puts one graph into another that is being built: the model behind the mixed image, the loss behind the model. */
import { MotifError } from "../../motif-error.ts";
import type { GraphBuilder } from "./graph-builder.ts";
import { isConstant, type Graph, type Value } from "./graph.ts";
import { formatType, isSameShape } from "./tensor.ts";

/**
 * Repeats the nodes of `graph` in `g` with its inputs replaced.
 * @param replacements a value of `g` for every input of `graph`, of the same type
 * @returns the values of `g` that stand for `graph.outputs`
 * @throws MotifError "graph" when an input has no replacement or one of another type
 */
export function graft(
  g: GraphBuilder,
  graph: Graph,
  replacements: ReadonlyMap<Value, Value>,
): Value[] {
  const values = new Map<Value, Value>();
  for (const input of graph.inputs) {
    const replacement = replacements.get(input);
    if (!replacement)
      throw new MotifError("graph", `no value given for input ${input.name}`);
    if (
      replacement.dtype !== input.dtype ||
      !isSameShape(replacement.shape, input.shape)
    ) {
      throw new MotifError(
        "graph",
        `input ${input.name} is ${formatType(input)}, given ${formatType(replacement)}`,
      );
    }
    values.set(input, replacement);
  }
  const map = (value: Value): Value =>
    isConstant(value) ? value : values.get(value)!;
  for (const node of graph.nodes) {
    const outputs = g.addAll(
      node.op,
      node.inputs.map((value) => value && map(value)),
      node.attributes,
      node.name,
    );
    node.outputs.forEach((value, index) => values.set(value, outputs[index]));
  }
  return graph.outputs.map(map);
}
