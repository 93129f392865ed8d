/** The images that an attack may choose from: those within ε of an image, and within [0,1]. */
import { nextNormal, type Random } from "../data/index.ts";

export type Norm = "linf" | "l2";

export interface PerturbationBound {
  readonly norm: Norm;
  /** The radius ε, on the [0,1] scale. */
  readonly epsilon: number;
}

/**
 * Brings a point to the ball around an image, and to [0,1], in place. For L∞ this is the nearest such point. For L2 the ball
 * comes first and [0,1] after it, which only moves the point closer to the image.
 * @param original an image in [0,1], float32 of any shape @param point of its length
 */
export function projectOnBall(
  original: Float32Array,
  point: Float32Array,
  { norm, epsilon }: PerturbationBound,
): void {
  if (norm === "linf") {
    for (let i = 0; i < point.length; i++) {
      const low = Math.max(0, original[i] - epsilon);
      const high = Math.min(1, original[i] + epsilon);
      point[i] = Math.min(high, Math.max(low, point[i]));
    }
    return;
  }
  const distance = lengthOf(point.map((value, i) => value - original[i]));
  const shrink = distance > epsilon ? epsilon / distance : 1;
  for (let i = 0; i < point.length; i++) {
    const value = original[i] + (point[i] - original[i]) * shrink;
    point[i] = Math.min(1, Math.max(0, value));
  }
}

/**
 * A random point of the ball around an image, uniform in it before it is brought to [0,1].
 * @returns a new array of the image's length
 */
export function drawWithinBall(
  original: Float32Array,
  bound: PerturbationBound,
  random: Random,
): Float32Array {
  const { norm, epsilon } = bound;
  const point = new Float32Array(original.length);
  if (norm === "linf") {
    for (let i = 0; i < point.length; i++)
      point[i] = original[i] + epsilon * (2 * random.next() - 1);
  } else {
    const direction = Float64Array.from(point, () => nextNormal(random));
    const length = lengthOf(direction);
    const radius = epsilon * random.next() ** (1 / point.length);
    for (let i = 0; i < point.length; i++)
      point[i] = original[i] + (radius * direction[i]) / length;
  }
  projectOnBall(original, point, bound);
  return point;
}

/** Euclidean. */
export function lengthOf(vector: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i] ** 2;
  return Math.sqrt(squares);
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
