/** The walk that every rewriting pass is: node by node in order, each kept or replaced by values of a new graph. */
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Graph, Node, Value } from "../graph/graph.ts";
import type { OpType } from "../graph/operators.ts";
import { newGraphBuilder } from "../ops/table.ts";

/** What a pass sees while it rewrites. */
export interface Rewriting {
  /** The graph being built. */
  readonly g: GraphBuilder;
  /** The node of the new graph that makes `value`, if it is of operator `op`. */
  readonly maker: <Op extends OpType>(
    value: Value | null | undefined,
    op: Op,
  ) => Node<Op> | undefined;
  /** Adds the node being rewritten as it is: for passes that must know its outputs. */
  readonly keep: () => readonly Value[];
  /** Whether nothing but the node being rewritten reads its input at `index`, and the graph does not return it. */
  readonly isOnlyUse: (index: number) => boolean;
}

/**
 * @param rewrite gives the values that stand for the outputs of `node`, or null to keep it. The inputs of `node` are
 * values of the new graph.
 * @returns a graph with the same inputs and outputs in the same order, without dead nodes; `graph` itself where nothing
 * was replaced
 */
export function rewriteNodes(
  graph: Graph,
  rewrite: (node: Node, rewriting: Rewriting) => readonly Value[] | null,
): Graph {
  const g = newGraphBuilder();
  g.adopt({ inputs: graph.inputs, nodes: [], outputs: [] });
  const uses = countUses(graph);
  const makers = new Map<Value, Node>();
  let indexed = 0;
  let original = graph.nodes[0];
  let node = original;
  let kept: readonly Value[] | undefined;
  const rewriting: Rewriting = {
    g,
    maker<Op extends OpType>(value: Value | null | undefined, op: Op) {
      for (; indexed < g.nodes.length; indexed++)
        for (const output of g.nodes[indexed].outputs)
          makers.set(output, g.nodes[indexed]);
      const node = value ? makers.get(value) : undefined;
      return node?.op === op ? (node as Node<Op>) : undefined;
    },
    keep: () =>
      (kept ??= g.addAll(node.op, node.inputs, node.attributes, node.name)),
    isOnlyUse: (index) => uses.get(original.inputs[index]!) === 1,
  };

  let isChanged = false;
  const replacements = new Map<Value, Value>();
  const map = (value: Value): Value => replacements.get(value) ?? value;
  for (original of graph.nodes) {
    node = {
      ...original,
      inputs: original.inputs.map((value) => value && map(value)),
    };
    kept = undefined;
    const outputs = rewrite(node, rewriting) ?? rewriting.keep();
    isChanged ||= outputs !== kept;
    original.outputs.forEach((value, index) =>
      replacements.set(value, outputs[index]),
    );
  }
  const result = g.finish(graph.outputs.map(map));
  return isChanged || result.nodes.length < graph.nodes.length ? result : graph;
}

function countUses(graph: Graph): Map<Value, number> {
  const uses = new Map<Value, number>();
  for (const value of [
    ...graph.nodes.flatMap(({ inputs }) => inputs),
    ...graph.outputs,
  ]) {
    if (value) uses.set(value, (uses.get(value) ?? 0) + 1);
  }
  return uses;
}
