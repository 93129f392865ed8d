/**
 * Square: random squares of the largest perturbation, kept where they bring the model nearer to an error. It sees scores only,
 * so that it finds what a useless gradient hides.
 * Source: Andriushchenko et al., "Square attack: a query-efficient black-box adversarial attack via random search",
 * arXiv 1912.00049, algorithms 1 and 2 (L∞); the schedule of its section 3.2, for 10,000 queries, is stretched to those there are.
 */
import { classOf } from "../classifier/compile-logits.ts";
import type { Random } from "../data/index.ts";
import type { ImageAttack, Scores } from "./attacked-model.ts";

export interface SquareSettings {
  /** L∞, on the [0,1] scale. */
  readonly epsilon: number;
  /** Points asked about, the first one included. */
  readonly queries: number;
}

/** Share of the image that the first squares cover; 0.8 is the paper's for small images. */
const firstShare = 0.8;
/** After how many of 10,000 queries the share halves. */
const halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

/** @param original float32 [C, H, W] in [0,1] @returns the best point found; one where the model errs ends the attack */
export function* square(
  original: Float32Array,
  label: number,
  [channels, height, width]: readonly [number, number, number],
  { epsilon, queries }: SquareSettings,
  random: Random,
): ImageAttack<Scores> {
  /** The image's value at `i`, moved as far as it may. */
  const moved = (i: number, sign: number) =>
    Math.min(1, Math.max(0, original[i] + sign * epsilon));
  const drawSign = () => (random.nextBelow(2) === 0 ? -1 : 1);

  let best = stripes();
  let scores = yield { point: best };
  let margin = marginOf(scores.logits, label);
  for (let query = 1; query < queries; query++) {
    if (classOf(scores.logits) !== label) return best;
    const point = Float32Array.from(best);
    paint(point, sideOf(shareAt(query / queries), height, width));
    const tried = yield { point };
    const triedMargin = marginOf(tried.logits, label);
    if (triedMargin >= margin && classOf(tried.logits) === label) continue;
    [best, scores, margin] = [point, tried, triedMargin];
  }
  return best;

  /** Algorithm 1 starts at vertical stripes, each of one sign in each channel. */
  function stripes(): Float32Array {
    const point = new Float32Array(original.length);
    for (let channel = 0; channel < channels; channel++) {
      for (let column = 0; column < width; column++) {
        const sign = drawSign();
        for (let row = 0; row < height; row++) {
          const i = (channel * height + row) * width + column;
          point[i] = moved(i, sign);
        }
      }
    }
    return point;
  }

  function paint(point: Float32Array, side: number): void {
    const top = random.nextBelow(height - side + 1);
    const left = random.nextBelow(width - side + 1);
    for (let channel = 0; channel < channels; channel++) {
      const sign = drawSign();
      for (let row = top; row < top + side; row++) {
        for (let column = left; column < left + side; column++) {
          const i = (channel * height + row) * width + column;
          point[i] = moved(i, sign);
        }
      }
    }
  }
}

/** @param done share of the queries, 0…1 */
function shareAt(done: number): number {
  const passed = halvings.filter((query) => done * 10_000 > query).length;
  return firstShare / 2 ** passed;
}

function sideOf(share: number, height: number, width: number): number {
  const side = Math.round(Math.sqrt(share * height * width));
  return Math.max(1, Math.min(side, height, width));
}

/** How far the label's logit is above the largest other: the model errs where it is below zero. */
function marginOf(logits: Float32Array, label: number): number {
  let other = -Infinity;
  logits.forEach((logit, index) => {
    if (index !== label && logit > other) other = logit;
  });
  return logits[label] - other;
}
