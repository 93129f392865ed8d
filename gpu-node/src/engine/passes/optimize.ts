/** The graph compiler's passes in their order. */
import type { Graph } from "../graph/graph.ts";
import { foldAffine } from "./fold-affine.ts";
import { mergeDuplicates } from "./merge-duplicates.ts";
import { selectByConvolution } from "./select-by-convolution.ts";
import { simplify } from "./simplify.ts";

/** Rounds end when nothing changes; a real model takes two or three. */
const mostRounds = 8;

/**
 * The same function in fewer and cheaper nodes, equal but for rounding. Run it on a model before it is differentiated
 * (what is folded into filters need not be differentiated), and on the step graph after.
 * @returns a graph with the inputs of `graph` (the same values) and its outputs in the same order
 */
export function optimize(graph: Graph): Graph {
  let current = graph;
  for (let round = 0; round < mostRounds; round++) {
    const before = current;
    for (const pass of [
      mergeDuplicates,
      simplify,
      selectByConvolution,
      foldAffine,
    ])
      current = pass(current);
    if (current === before) break;
  }
  return current;
}
