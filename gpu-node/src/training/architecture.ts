/**
 * What an architecture is: a function that builds logits from images, asking for each of its weights as it needs it. Built
 * once with weights that are graph inputs it is trained; built once with weights that are constants it is exported.
 */
import { nextNormal, randomFrom } from "../data/index.ts";
import {
  newGraphBuilder,
  type GraphBuilder,
  type Shape,
  type Value,
} from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";

/** One trained tensor of an architecture. */
export interface Parameter {
  /** Unique within the architecture; the weight's name in the exported file. */
  readonly name: string;
  readonly shape: Shape;
  /** Where it starts: at zero, or He-normal, N(0, 2 / fanIn), with the number of terms that its products sum. */
  readonly start: "zeros" | { readonly fanIn: number };
  /** Whether weight decay pulls on it; customarily not on biases. */
  readonly hasDecay: boolean;
}

/** Gives the value that stands for a parameter in the graph being built. */
export type ParameterSource = (parameter: Parameter) => Value;

export interface Architecture {
  readonly name: string;
  /** For people who choose one. */
  readonly description: string;
  /** Smallest height and width of images that it can take. */
  readonly smallestImage: number;
  /**
   * @param images float32 [N, C, H, W], normalised
   * @returns float32 logits [N, numClasses]
   */
  addLogits(
    g: GraphBuilder,
    images: Value,
    numClasses: number,
    parameter: ParameterSource,
  ): Value;
}

/** What a classifier is built for. */
export interface ClassifierShape {
  /** [C, H, W]. */
  readonly imageShape: readonly [number, number, number];
  readonly numClasses: number;
}

/**
 * The parameters in the order in which the architecture asks for them.
 * @throws MotifError "usage" when the images are too small for it
 */
export function listParameters(
  architecture: Architecture,
  { imageShape, numClasses }: ClassifierShape,
): Parameter[] {
  const [, height, width] = imageShape;
  if (Math.min(height, width) < architecture.smallestImage) {
    throw new MotifError(
      "usage",
      `--architecture ${architecture.name} takes images from ${architecture.smallestImage}×${architecture.smallestImage}; these have ${height}×${width}.`,
    );
  }
  const parameters: Parameter[] = [];
  const g = newGraphBuilder();
  architecture.addLogits(
    g,
    g.input("images", [1, ...imageShape]),
    numClasses,
    (parameter) => {
      parameters.push(parameter);
      return g.input(parameter.name, parameter.shape);
    },
  );
  return parameters;
}

/**
 * Weights to start from. Each depends on the seed and its own name alone.
 * Source: He et al., "Delving deep into rectifiers", arXiv 1502.01852, section 2.2.
 */
export function initialWeights(
  parameters: readonly Parameter[],
  seed: number,
): Float32Array[] {
  return parameters.map(({ name, shape, start }) => {
    const weights = new Float32Array(
      shape.reduce((product, size) => product * size, 1),
    );
    if (start === "zeros") return weights;
    const random = randomFrom("initial weights", seed, name);
    const deviation = Math.sqrt(2 / start.fanIn);
    return weights.map(() => deviation * nextNormal(random));
  });
}
