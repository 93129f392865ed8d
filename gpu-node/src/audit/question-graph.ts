/**
 * The graph of one step of S questions about one kind of perturbation, with B images each:
 *
 *     L = α·CE(f(x'), wanted) + (1 − α)·penalty,    ∂L/∂variables
 *
 * The wanted classes are a set an image, so that questions to a class and to any other class share a graph.
 */
import type { Classifier } from "../classifier/classifier.ts";
import {
  newGraphBuilder,
  optimize,
  valueAndGrad,
  type Graph,
} from "../engine/index.ts";
import type { Perturbation } from "./perturbations/perturbation.ts";
import { addSetCrossEntropy } from "./set-cross-entropy.ts";

export interface QuestionGraphShape {
  /** S: questions side by side. */
  readonly pack: number;
  /** B: images a question and step. */
  readonly batchSize: number;
}

/**
 * Inputs: `images` [S·B, C, H, W], `wanted` [S·B, K] of 0 and 1, and the perturbation's variables by name, [S, …shape].
 * Outputs: loss [1] over all, cross-entropy [S], and the gradient for each variable, in order.
 */
export function buildQuestionGraph(
  classifier: Pick<Classifier, "imageShape" | "numClasses" | "addLogits">,
  perturbation: Perturbation,
  { pack, batchSize }: QuestionGraphShape,
): Graph {
  const { imageShape, numClasses } = classifier;
  const { alpha } = perturbation;
  const g = newGraphBuilder();
  const images = g.input("images", [pack * batchSize, ...imageShape]);
  const wanted = g.input("wanted", [pack * batchSize, numClasses]);
  const variables = perturbation.variables.map(({ name, shape }) =>
    g.input(name, [pack, ...shape]),
  );
  const { perturbed, penalty } = perturbation.addPerturbed(
    g,
    variables,
    g.add("Reshape", [images], { shape: [pack, batchSize, ...imageShape] }),
  );
  const logits = classifier.addLogits(
    g,
    g.add(
      "Reshape",
      [perturbed],
      { shape: [pack * batchSize, ...imageShape] },
      "perturbed",
    ),
  );
  const ofImages = g.add("Reshape", [addSetCrossEntropy(g, logits, wanted)], {
    shape: [pack, batchSize],
  });
  const crossEntropy = g.add("ReduceMean", [ofImages], {
    axes: [1],
    keepDims: false,
  });
  const weighted = g.add("Mul", [crossEntropy, g.scalar(alpha)], {});
  const loss =
    penalty === null
      ? weighted
      : g.add(
          "Add",
          [weighted, g.add("Mul", [penalty, g.scalar(1 - alpha)], {})],
          {},
        );
  const searched = variables.filter(
    (_, i) => perturbation.variables[i].stepSize > 0,
  );
  return optimize(valueAndGrad(g.finish([loss, crossEntropy]), loss, searched));
}
