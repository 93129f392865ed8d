/** Predictive power with its 95% interval, and k*: the numbers every tile and verdict is made of. */

/** z for a two-sided 95% interval of the normal distribution. */
const z95 = 1.959963984540054;

/**
 * Wilson score interval of a proportion, at 95%.
 * @returns `[low, high]` in 0…1; `[0, 1]` when nothing was counted.
 * @throws RangeError unless 0 ≤ successes ≤ n.
 * Source: Wilson (1927), "Probable inference, the law of succession, and statistical inference".
 */
export function wilson95(successes: number, n: number): readonly [number, number] {
  if (!(successes >= 0 && successes <= n)) throw new RangeError(`wilson95: ${successes} successes of ${n}`);
  if (n === 0) return [0, 1];
  const share = successes / n;
  const z2 = z95 * z95;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (z95 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return [successes === 0 ? 0 : Math.max(0, centre - half), successes === n ? 1 : Math.min(1, centre + half)];
}

export interface PowerPoint {
  /** Number of pixels pasted. */
  readonly k: number;
  /** Share of other-class images predicted as the target once the k pixels are pasted on, 0…1. */
  readonly power: number;
}

/** Smallest k whose predictive power reaches `threshold`; null (infinite) if none does. */
export function kStar(curve: readonly PowerPoint[], threshold = 0.9): number | null {
  const reached = curve.filter((point) => point.power >= threshold).map((point) => point.k);
  return reached.length === 0 ? null : Math.min(...reached);
}

/** Shares of the image's pixels at which the size–power curve is measured, in ascending order. */
export const curveFractions = [0.0025, 0.005, 0.01, 0.02, 0.05, 0.1] as const;

/** Pixel counts of the size–power curve for an image of `pixels` pixels: at least 1, ascending, no repeats. */
export function curveSizes(pixels: number): number[] {
  return [...new Set(curveFractions.map((fraction) => Math.max(1, Math.round(fraction * pixels))))];
}

/** Flat pixel indices of `mask`, largest value first; equal values in index order, so that every machine agrees. */
export function rankPixels(mask: ArrayLike<number>): Int32Array {
  for (let i = 0; i < mask.length; i++) {
    if (!Number.isFinite(mask[i])) throw new RangeError(`mask value ${i} is ${mask[i]}: the search diverged`);
  }
  return Int32Array.from({ length: mask.length }, (_, i) => i).sort((a, b) => mask[b]! - mask[a]! || a - b);
}
