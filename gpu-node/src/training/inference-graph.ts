/** A trained architecture as the graph that is exported: its weights constants, its output the logits. */
import { newGraphBuilder, optimize, type Graph } from "../engine/index.ts";
import {
  inputShapeOf,
  type Architecture,
  type ClassifierShape,
} from "./architecture.ts";
import type { NamedTensors } from "./training-state.ts";

/**
 * Normalisations are taken into the filters before them.
 * @param tensors of a training of this architecture
 * @returns a graph from `images` [1, C, H, W] or [1, H, W, C], normalised, to logits [1, numClasses]; the importer binds other batches
 */
export function buildInferenceGraph(
  architecture: Architecture,
  { imageShape, numClasses }: ClassifierShape,
  tensors: NamedTensors,
): Graph {
  const g = newGraphBuilder();
  const constant = (name: string, shape: readonly number[]) =>
    g.constant(
      { dtype: "float32", shape, data: tensors.get(name)!.data },
      name,
    );
  const logits = architecture.addLogits(
    {
      g,
      parameter: ({ name, shape }) => constant(name, shape),
      moments: (name, { shape: [, channels] }) => ({
        mean: constant(`${name}.mean`, [1, channels, 1, 1]),
        variance: constant(`${name}.variance`, [1, channels, 1, 1]),
      }),
    },
    g.input("images", inputShapeOf(architecture, imageShape, 1)),
    numClasses,
  );
  return optimize(g.finish([logits]));
}
