/**
 * The graph of one training step: forward pass, backward pass and the update of every weight, in one run.
 * Weights are inputs here, so the gradient is the one that searches use (valueAndGrad), asked for other values.
 */
import {
  addImageMapping,
  type ImageMapping,
} from "../classifier/image-mapping.ts";
import {
  newGraphBuilder,
  optimize,
  valueAndGrad,
  type Graph,
  type Value,
} from "../engine/index.ts";
import type {
  Architecture,
  ClassifierShape,
  Parameter,
} from "./architecture.ts";
import { addSgdUpdate, type SgdSettings } from "./optimizer.ts";

export interface TrainingStep {
  /**
   * Inputs: `images` [B, C, H, W] in [0,1], `targets` [B, K] one-hot, `learning_rate` [], and for each parameter its weight,
   * by its name, and its velocity, by `velocityName`.
   * Outputs: the batch's mean cross-entropy [], how many of it are right [], then the new weights, then the new velocities.
   */
  readonly graph: Graph;
  readonly parameters: readonly Parameter[];
}

/** The input that a parameter's velocity is fed by. */
export const velocityName = ({ name }: Parameter) => `${name}/velocity`;

/** @param mapping from [0,1] images to what the model takes; it stays outside of the exported file */
export function buildTrainingStep(
  architecture: Architecture,
  { imageShape, numClasses }: ClassifierShape,
  mapping: ImageMapping,
  options: SgdSettings & { readonly batchSize: number },
): TrainingStep {
  const { batchSize, momentum, weightDecay } = options;
  const g = newGraphBuilder();
  const images = g.input("images", [batchSize, ...imageShape]);
  const targets = g.input("targets", [batchSize, numClasses]);
  const learningRate = g.input("learning_rate", []);
  const parameters: Parameter[] = [];
  const weights: Value[] = [];
  const logits = architecture.addLogits(
    g,
    addImageMapping(g, images, mapping),
    numClasses,
    (parameter) => {
      const weight = g.input(parameter.name, parameter.shape);
      parameters.push(parameter);
      weights.push(weight);
      return weight;
    },
  );
  const velocities = parameters.map((parameter) =>
    g.input(velocityName(parameter), parameter.shape),
  );

  const picked = g.add(
    "Mul",
    [g.add("LogSoftmax", [logits], { axis: 1 }), targets],
    {},
  );
  const sum = g.add("ReduceSum", [picked], { axes: [0, 1], keepDims: false });
  const loss = g.add("Mul", [sum, g.scalar(-1 / batchSize)], {}, "loss");
  const classOf = (scores: Value) =>
    g.add("ArgMax", [scores], { axis: 1, keepDims: false });
  const isRight = g.add("Equal", [classOf(logits), classOf(targets)], {});
  const numRight = g.add(
    "ReduceSum",
    [g.add("Cast", [isRight], { to: "float32" })],
    { axes: [0], keepDims: false },
    "num_right",
  );

  const differentiated = valueAndGrad(
    g.finish([loss, numRight]),
    loss,
    weights,
  );
  const gradients = differentiated.outputs.slice(2);
  const whole = newGraphBuilder();
  whole.adopt(differentiated);
  const updated = parameters.map(({ hasDecay }, index) =>
    addSgdUpdate(
      whole,
      { weight: weights[index], velocity: velocities[index] },
      gradients[index],
      learningRate,
      { momentum, weightDecay: hasDecay ? weightDecay : 0 },
    ),
  );
  const graph = whole.finish([
    loss,
    numRight,
    ...updated.map(({ weight }) => weight),
    ...updated.map(({ velocity }) => velocity),
  ]);
  return { graph: optimize(graph), parameters };
}
