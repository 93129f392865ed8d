/**
 * PGD: steps along the gradient of the loss, each brought back to the ball around the image.
 * Source: Madry et al., "Towards deep learning models resistant to adversarial attacks", arXiv 1706.06083, section 2.1.
 */
import type { Random } from "../data/index.ts";
import {
  drawWithinBall,
  projectOnBall,
  stepAlong,
  type PerturbationBound,
} from "./ball.ts";
import type { Question } from "./attacked-model.ts";

export type { Norm, PerturbationBound } from "./ball.ts";

export interface PgdSettings extends PerturbationBound {
  /** How far a step goes, in the norm, on the [0,1] scale. */
  readonly stepSize: number;
  readonly steps: number;
  /** Whether it starts at a random point of the ball, else at the image. */
  readonly hasRandomStart: boolean;
}

/**
 * @param images float32 [B, C, H, W] in [0,1]; it is written over after the answer
 * @returns the gradient of the loss, summed over the images, with respect to them
 */
export type ImageGradient = (
  images: Float32Array,
) => Promise<{ readonly gradient: Float32Array }>;

/**
 * Perturbs a batch so that its loss rises. Images neither share steps nor normalisation: one's result depends on its own
 * gradient, and on what `random` gives it, in the order of the images.
 * @param images float32 [B, C, H, W] in [0,1] @param imageSize C·H·W
 * @returns a new array of the same shape: in [0,1], within ε of `images` up to float32's rounding
 * @throws what `gradientOf` throws: whoever wants to stop between steps does it there
 */
export async function perturbByPgd(
  images: Float32Array,
  imageSize: number,
  settings: PgdSettings,
  gradientOf: ImageGradient,
  random: Random,
): Promise<Float32Array> {
  const points = Float32Array.from(images);
  const partOf = (batch: Float32Array, image: number) =>
    batch.subarray(image * imageSize, (image + 1) * imageSize);
  const climbs = Array.from({ length: images.length / imageSize }, (_, image) =>
    pgd(partOf(images, image), settings, random),
  );
  climbs.forEach((climb, image) =>
    partOf(points, image).set(pointOf(climb.next())),
  );
  for (let step = 0; step < settings.steps; step++) {
    const { gradient } = await gradientOf(points);
    climbs.forEach((climb, image) => {
      const answer = { gradient: partOf(gradient, image) };
      partOf(points, image).set(pointOf(climb.next(answer)));
    });
  }
  return points;
}

const pointOf = ({ value }: IteratorResult<Question, Float32Array>) =>
  value instanceof Float32Array ? value : value.point;

/**
 * PGD on one image: asks for the gradient at a point after the other.
 * @param original float32 [C, H, W] in [0,1] @returns the point after the last step
 */
export function* pgd(
  original: Float32Array,
  settings: PgdSettings,
  random: Random,
): Generator<Question, Float32Array, { readonly gradient: Float32Array }> {
  const point = settings.hasRandomStart
    ? drawWithinBall(original, settings, random)
    : Float32Array.from(original);
  for (let step = 0; step < settings.steps; step++) {
    const { gradient } = yield { point };
    stepAlong(point, gradient, settings.norm, settings.stepSize);
    projectOnBall(original, point, settings);
  }
  return point;
}
