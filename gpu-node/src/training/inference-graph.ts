/** A trained architecture as the graph that is exported: its weights constants, its output the logits. */
import { newGraphBuilder, type Graph } from "../engine/index.ts";
import type { Architecture, ClassifierShape } from "./architecture.ts";

/**
 * @param weights in the order of `listParameters`
 * @returns a graph from `images` [1, C, H, W], normalised, to logits [1, numClasses]; the importer binds other batches
 */
export function buildInferenceGraph(
  architecture: Architecture,
  { imageShape, numClasses }: ClassifierShape,
  weights: readonly Float32Array[],
): Graph {
  const g = newGraphBuilder();
  let next = 0;
  const logits = architecture.addLogits(
    g,
    g.input("images", [1, ...imageShape]),
    numClasses,
    ({ name, shape }) =>
      g.constant({ dtype: "float32", shape, data: weights[next++] }, name),
  );
  return g.finish([logits]);
}
