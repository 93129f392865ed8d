/**
 * Pictures from their phases. Phase (a, b) of a picture holds its elements (a + pH·h, b + pW·w); gradients of strided
 * convolutions and slices come as phases.
 */
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Value } from "../graph/graph.ts";
import { reshape } from "./reshape.ts";

/**
 * Two moves of one axis each, which runtimes do by blocks, with a Reshape between that keeps them apart: as one
 * Transpose of six axes the same takes five times as long in ONNX Runtime.
 * @param phases [N, C, pH, pW, H, W]
 * @returns [N, C, H·pH, W·pW]
 */
export function interleavePhases(g: GraphBuilder, phases: Value): Value {
  const [n, c, down, across, height, width] = phases.shape;
  let value = phases;
  if (down > 1) {
    const rows = reshape(g, value, [n * c, down, across, height, width]);
    value = g.add("Transpose", [rows], { perm: [0, 2, 3, 1, 4] });
  }
  if (across > 1) {
    const columns = reshape(g, value, [n * c, across, height * down * width]);
    value = g.add("Transpose", [columns], { perm: [0, 2, 1] });
  }
  return reshape(g, value, [n, c, height * down, width * across]);
}
