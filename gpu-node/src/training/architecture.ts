/**
 * What an architecture is: a function that builds logits from images, asking for each of its weights as it needs it. Built
 * once with weights that are graph inputs it is trained; built once with weights that are constants it is exported.
 */
import type { ImageMapping } from "../classifier/image-mapping.ts";
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
  /**
   * Where it starts: at zero, at one, at given numbers, or He-normal, N(0, 2 / fanIn), with the number of terms that its products
   * sum.
   */
  readonly start:
    | "zeros"
    | "ones"
    | { readonly fanIn: number }
    | { readonly values: ArrayLike<number> };
  /** Whether weight decay pulls on it; customarily not on biases. */
  readonly hasDecay: boolean;
}

/** What a batch normalisation goes by: mean and variance of each channel, [1, C, 1, 1] each. */
export interface Moments {
  readonly mean: Value;
  readonly variance: Value;
}

/** Where layers are added: the graph, and what stands for their trained tensors and moments in it. */
export interface LayerPlace {
  readonly g: GraphBuilder;
  readonly parameter: (parameter: Parameter) => Value;
  /** @param name of the layer @param x what it normalises, [N, C, H, W] */
  readonly moments: (name: string, x: Value) => Moments;
}

export interface Architecture {
  readonly name: string;
  /** For people who choose one. */
  readonly description: string;
  /** Smallest height and width of images that it can take. */
  readonly smallestImage: number;
  /** Where its images have their channels; NCHW where absent. */
  readonly layout?: ImageMapping["layout"];
  /**
   * @param images float32 [N, C, H, W] or [N, H, W, C], normalised
   * @returns float32 logits [N, numClasses]
   */
  addLogits(place: LayerPlace, images: Value, numClasses: number): Value;
}

/** What a classifier is built for. */
export interface ClassifierShape {
  /** [C, H, W]. */
  readonly imageShape: readonly [number, number, number];
  readonly numClasses: number;
}

/** Images as an architecture takes them, [batch, C, H, W] or [batch, H, W, C]. */
export const inputShapeOf = (
  { layout }: Architecture,
  [channels, height, width]: ClassifierShape["imageShape"],
  batch: number,
): Shape =>
  layout === "NHWC"
    ? [batch, height, width, channels]
    : [batch, channels, height, width];

/** A layer that normalises by its channels' moments. */
export interface Normalisation {
  readonly name: string;
  readonly channels: number;
}

/** What an architecture is made of, in the order in which it asks for it. */
export interface Outline {
  readonly parameters: readonly Parameter[];
  readonly normalisations: readonly Normalisation[];
}

/** @throws MotifError "usage" when the images are too small for it */
export function outlineOf(
  architecture: Architecture,
  { imageShape, numClasses }: ClassifierShape,
): Outline {
  const [, height, width] = imageShape;
  if (Math.min(height, width) < architecture.smallestImage) {
    throw new MotifError(
      "usage",
      `--architecture ${architecture.name} takes images from ${architecture.smallestImage}×${architecture.smallestImage}; these have ${height}×${width}.`,
    );
  }
  const parameters: Parameter[] = [];
  const normalisations: Normalisation[] = [];
  const g = newGraphBuilder();
  architecture.addLogits(
    {
      g,
      parameter(parameter) {
        parameters.push(parameter);
        return g.input(parameter.name, parameter.shape);
      },
      moments(name, x) {
        const channels = x.shape[1];
        normalisations.push({ name, channels });
        return inputMoments(g, name, channels);
      },
    },
    g.input("images", inputShapeOf(architecture, imageShape, 1)),
    numClasses,
  );
  return { parameters, normalisations };
}

const inputMoments = (
  g: GraphBuilder,
  name: string,
  channels: number,
): Moments => ({
  mean: g.input(`${name}.mean`, [1, channels, 1, 1]),
  variance: g.input(`${name}.variance`, [1, channels, 1, 1]),
});

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
    if (start === "ones") return weights.fill(1);
    if ("values" in start) return Float32Array.from(start.values);
    const random = randomFrom("initial weights", seed, name);
    const deviation = Math.sqrt(2 / start.fanIn);
    return weights.map(() => deviation * nextNormal(random));
  });
}
