/** Reshape where it is needed: what gradients are written with. */
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Value } from "../graph/graph.ts";
import { isSameShape, type Shape } from "../graph/tensor.ts";

/** `value` in `shape`, by a node only where that differs. */
export function reshape(g: GraphBuilder, value: Value, shape: Shape): Value {
  return isSameShape(value.shape, shape)
    ? value
    : g.add("Reshape", [value], { shape });
}
