/**
 * The graph of one search step, for a pack of S searches with B images each (METHOD: "The search"):
 *
 *     x' = m·c + (1 − m)·x,    L = α·CE(f(x'), target) + (1 − α)·Σm / (H·W/2),    ∂L/∂m
 *
 * The searches share one forward and one backward pass of S·B images; nothing else passes between them.
 * Source: arXiv 2101.06898, section 3; α and the size term as in the authors' code.
 */
import type { Classifier } from "../classifier/classifier.ts";
import {
  newGraphBuilder,
  optimize,
  valueAndGrad,
  type Graph,
  type Value,
} from "../engine/index.ts";

export interface StepGraphShape {
  /** S: searches side by side. */
  readonly pack: number;
  /** B: images a search and step. */
  readonly batchSize: number;
  readonly alpha: number;
  /** Also give the gradient with respect to the canvases: for canvases whose values are searched too. */
  readonly withCanvasGradient: boolean;
}

/**
 * Inputs: `masks` [S, 1, H, W], `canvases` [S, C, H, W], `images` [S·B, C, H, W], `targets` [S, K] one-hot.
 * Outputs: loss [S], cross-entropy [S], ∂loss/∂masks [S, 1, H, W] and, if asked for, ∂loss/∂canvases [S, C, H, W].
 */
export function buildStepGraph(
  classifier: Pick<Classifier, "imageShape" | "numClasses" | "addLogits">,
  shape: StepGraphShape,
): Graph {
  const { pack, batchSize, alpha } = shape;
  const [channels, height, width] = classifier.imageShape;
  const g = newGraphBuilder();
  const masks = g.input("masks", [pack, 1, height, width]);
  const canvases = g.input("canvases", [pack, channels, height, width]);
  const images = g.input("images", [pack * batchSize, channels, height, width]);
  const targets = g.input("targets", [pack, classifier.numClasses]);

  const perSearch = (value: Value, size: number) =>
    g.add("Reshape", [value], {
      shape: [pack, size, value.shape[1], height, width],
    });
  const originals = perSearch(images, batchSize);
  // Term by term as in the formula: at an activation next to zero another rounding changes the gradient.
  const mask = perSearch(masks, 1);
  const kept = g.add(
    "Mul",
    [g.add("Sub", [g.scalar(1), mask], {}), originals],
    {},
  );
  const blended = g.add(
    "Add",
    [g.add("Mul", [mask, perSearch(canvases, 1)], {}), kept],
    {},
  );
  const mixed = g.add(
    "Reshape",
    [blended],
    { shape: [pack * batchSize, channels, height, width] },
    "mixed",
  );

  const logits = classifier.addLogits(g, mixed);
  const logProbabilities = g.add(
    "Reshape",
    [g.add("LogSoftmax", [logits], { axis: 1 })],
    { shape: [pack, batchSize, classifier.numClasses] },
  );
  const wanted = g.add("Reshape", [targets], {
    shape: [pack, 1, classifier.numClasses],
  });
  const picked = g.add(
    "ReduceSum",
    [g.add("Mul", [logProbabilities, wanted], {})],
    { axes: [1, 2], keepDims: false },
  );
  const crossEntropy = g.add(
    "Mul",
    [picked, g.scalar(-1 / batchSize)],
    {},
    "cross_entropy",
  );
  const size = g.add("ReduceSum", [masks], {
    axes: [1, 2, 3],
    keepDims: false,
  });
  const sizeTerm = g.add(
    "Mul",
    [size, g.scalar((1 - alpha) / ((height * width) / 2))],
    {},
  );
  const loss = g.add(
    "Add",
    [g.add("Mul", [crossEntropy, g.scalar(alpha)], {}), sizeTerm],
    {},
    "loss",
  );

  const wrt = shape.withCanvasGradient ? [masks, canvases] : [masks];
  return optimize(valueAndGrad(g.finish([loss, crossEntropy]), loss, wrt));
}
