/**
 * PGD: steps along the gradient of the loss, each brought back to the ball around the image.
 * Source: Madry et al., "Towards deep learning models resistant to adversarial attacks", arXiv 1706.06083, section 2.1.
 */
import type { Random } from "../data/index.ts";
import {
  drawWithinBall,
  lengthOf,
  projectOnBall,
  type Norm,
  type PerturbationBound,
} from "./ball.ts";

export type { Norm, PerturbationBound } from "./ball.ts";

export interface PgdSettings extends PerturbationBound {
  /** How far a step goes, in the norm, on the [0,1] scale. */
  readonly stepSize: number;
  readonly steps: number;
  /** Whether it starts at a random point of the ball, else at the image. */
  readonly hasRandomStart: boolean;
}

/**
 * @param images float32 [B, C, H, W] in [0,1]; it may be written over after the answer
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
  const starts = settings.hasRandomStart
    ? drawStarts(images, imageSize, settings, () => random)
    : images;
  return climbByPgd(images, starts, imageSize, settings, gradientOf);
}

/**
 * A random point of the ball around each image.
 * @param randomOf what an image's point is drawn with, by its place in the batch
 */
export function drawStarts(
  images: Float32Array,
  imageSize: number,
  bound: PerturbationBound,
  randomOf: (image: number) => Random,
): Float32Array {
  const starts = new Float32Array(images.length);
  for (let at = 0; at < images.length; at += imageSize) {
    const original = images.subarray(at, at + imageSize);
    starts.set(drawWithinBall(original, bound, randomOf(at / imageSize)), at);
  }
  return starts;
}

/** PGD's steps, from given starts; otherwise as `perturbByPgd`. */
export async function climbByPgd(
  images: Float32Array,
  starts: Float32Array,
  imageSize: number,
  settings: PgdSettings,
  gradientOf: ImageGradient,
): Promise<Float32Array> {
  const points = Float32Array.from(starts);
  for (let step = 0; step < settings.steps; step++) {
    const { gradient } = await gradientOf(points);
    for (let at = 0; at < points.length; at += imageSize) {
      const point = points.subarray(at, at + imageSize);
      stepAlong(
        point,
        gradient.subarray(at, at + imageSize),
        settings.norm,
        settings.stepSize,
      );
      projectOnBall(images.subarray(at, at + imageSize), point, settings);
    }
  }
  return points;
}

/** The steepest step of this length in the norm, in place; where the gradient is zero there is none. */
export function stepAlong(
  point: Float32Array,
  gradient: Float32Array,
  norm: Norm,
  stepSize: number,
): void {
  if (norm === "linf") {
    for (let i = 0; i < point.length; i++)
      point[i] += stepSize * Math.sign(gradient[i]);
    return;
  }
  const length = lengthOf(gradient);
  if (length === 0) return;
  for (let i = 0; i < point.length; i++)
    point[i] += (stepSize * gradient[i]) / length;
}
