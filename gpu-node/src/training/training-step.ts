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
  type GraphBuilder,
  type Value,
} from "../engine/index.ts";
import type {
  Architecture,
  ClassifierShape,
  Moments,
  Parameter,
} from "./architecture.ts";
import type { Optimizer } from "./optimizer.ts";
import { listState, type StateTensor } from "./training-state.ts";

export interface TrainingStep {
  /**
   * Inputs: `images` [B, C, H, W] in [0,1], `targets` [B, K] that sum to 1, `learning_rate` [], the optimizer's scalars [], and
   * `state`.
   * Outputs: the batch's mean cross-entropy [], how many of it are right [], then `state` after the step.
   */
  readonly graph: Graph;
  readonly state: readonly StateTensor[];
}

/** How much of a batch's moments goes into the running ones; PyTorch's. */
const momentShare = 0.1;

/** @param mapping from [0,1] images to what the model takes; it stays outside of the exported file */
export function buildTrainingStep(
  architecture: Architecture,
  shape: ClassifierShape,
  mapping: ImageMapping,
  { optimizer, batchSize }: StepOptions,
): TrainingStep {
  const g = newGraphBuilder();
  const forward = addForward(g, architecture, shape, mapping, batchSize);
  const { parameters, weights, normalisations, loss, numRight } = forward;
  const learningRate = g.input("learning_rate", []);
  const scalars = optimizer.scalarNames.map((name) => g.input(name, []));
  const state = listState(forward, optimizer);
  // The weights are inputs already; what else there is comes after them.
  const others = state
    .slice(weights.length)
    .map(({ name, shape: sizes }) => g.input(name, sizes));
  const slotCount = optimizer.slotNames.length;
  const slotsOf = (parameter: number) =>
    others.slice(parameter * slotCount, (parameter + 1) * slotCount);
  const running = others.slice(weights.length * slotCount);
  const differentiated = valueAndGrad(
    g.finish([
      loss,
      numRight,
      ...normalisations.flatMap(({ moments }) => [
        moments.mean,
        moments.variance,
      ]),
    ]),
    loss,
    weights,
  );
  const gradients = differentiated.outputs.slice(2 + 2 * normalisations.length);
  const whole = newGraphBuilder();
  whole.adopt(differentiated);
  const updated = parameters.map(({ hasDecay }, index) =>
    optimizer.addUpdate(
      whole,
      { weight: weights[index], slots: slotsOf(index) },
      gradients[index],
      learningRate,
      scalars,
      hasDecay,
    ),
  );
  const followed = normalisations.flatMap(({ moments, count }, index) => {
    const [mean, variance] = running.slice(2 * index);
    return [
      follow(whole, mean, moments.mean, 1),
      // Of a sample, without bias; as PyTorch does.
      follow(whole, variance, moments.variance, count / Math.max(1, count - 1)),
    ];
  });
  const graph = whole.finish([
    loss,
    numRight,
    ...updated.map(({ weight }) => weight),
    ...updated.flatMap(({ slots: next }) => next),
    ...followed,
  ]);
  return { graph: optimize(graph), state };
}

interface StepOptions {
  readonly optimizer: Optimizer;
  readonly batchSize: number;
}

/**
 * The graph that an adversary climbs: inputs `images`, `targets` and the weights, output ∂L/∂images [B, C, H, W] of the summed
 * cross-entropy. Normalisations go by the batch's own moments, as in the step that the images are for.
 */
export function buildImageGradient(
  architecture: Architecture,
  shape: ClassifierShape,
  mapping: ImageMapping,
  batchSize: number,
): Graph {
  const g = newGraphBuilder();
  const forward = addForward(g, architecture, shape, mapping, batchSize);
  const sum = g.add("Mul", [forward.loss, g.scalar(batchSize)], {});
  const differentiated = valueAndGrad(g.finish([sum]), sum, [forward.images]);
  const only = newGraphBuilder();
  only.adopt(differentiated);
  return optimize(only.finish([differentiated.outputs[1]]));
}

interface NormalisedLayer {
  readonly name: string;
  readonly channels: number;
  /** Values that a channel's moments are of. */
  readonly count: number;
  readonly moments: Moments;
}

function addForward(
  g: GraphBuilder,
  architecture: Architecture,
  { imageShape, numClasses }: ClassifierShape,
  mapping: ImageMapping,
  batchSize: number,
) {
  const images = g.input("images", [batchSize, ...imageShape]);
  const targets = g.input("targets", [batchSize, numClasses]);
  const parameters: Parameter[] = [];
  const weights: Value[] = [];
  const normalisations: NormalisedLayer[] = [];
  const logits = architecture.addLogits(
    {
      g,
      parameter(parameter) {
        const weight = g.input(parameter.name, parameter.shape);
        parameters.push(parameter);
        weights.push(weight);
        return weight;
      },
      moments(name, x) {
        const [batch, channels, height, width] = x.shape;
        const moments = addBatchMoments(g, x);
        const count = batch * height * width;
        normalisations.push({ name, channels, count, moments });
        return moments;
      },
    },
    addImageMapping(g, images, mapping),
    numClasses,
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
  return { images, parameters, weights, normalisations, loss, numRight };
}

/** σ² = mean of x² less μ²: one pass over x where the deviations' squares would be three. Never below zero by rounding. */
function addBatchMoments(g: GraphBuilder, x: Value): Moments {
  const axes = { axes: [0, 2, 3], keepDims: true };
  const mean = g.add("ReduceMean", [x], axes);
  const square = g.add("ReduceMean", [g.add("Mul", [x, x], {})], axes);
  const spread = g.add("Sub", [square, g.add("Mul", [mean, mean], {})], {});
  return { mean, variance: g.add("Relu", [spread], {}) };
}

/** @param factor of the batch's moment @returns running + share · (factor · moment − running), [C] */
function follow(
  g: GraphBuilder,
  running: Value,
  moment: Value,
  factor: number,
): Value {
  const own = g.add("Reshape", [moment], { shape: running.shape });
  const kept = g.add("Mul", [running, g.scalar(1 - momentShare)], {});
  const added = g.add("Mul", [own, g.scalar(momentShare * factor)], {});
  return g.add("Add", [kept, added], {});
}
