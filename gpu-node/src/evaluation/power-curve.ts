/** The size–power curve: which pixels make a pattern of k, at which k it is measured, and the k that suffices. */

import { MotifError } from "../motif-error.ts";

export interface PowerPoint {
  /** Number of pixels pasted. */
  readonly k: number;
  /** Share of other-class images predicted as the target once the k pixels are pasted on, 0…1. */
  readonly power: number;
}

/** Smallest k whose predictive power reaches `threshold`; null (infinite) if none does. */
export function kStar(
  curve: readonly PowerPoint[],
  threshold = 0.9,
): number | null {
  const reached = curve
    .filter((point) => point.power >= threshold)
    .map((point) => point.k);
  return reached.length === 0 ? null : Math.min(...reached);
}

/** Shares of the image's pixels at which the size–power curve is measured, in ascending order. */
export const curveFractions = [0.0025, 0.005, 0.01, 0.02, 0.05, 0.1] as const;

/** Pixel counts of the size–power curve for an image of `pixels` pixels: at least 1, ascending, no repeats. */
export function curveSizes(pixels: number): number[] {
  return [
    ...new Set(
      curveFractions.map((fraction) =>
        Math.max(1, Math.round(fraction * pixels)),
      ),
    ),
  ];
}

/** Flat pixel indices of `mask`, largest value first; equal values in index order, so that every machine agrees. */
export function rankPixels(mask: ArrayLike<number>): Int32Array {
  for (let i = 0; i < mask.length; i++) {
    if (!Number.isFinite(mask[i]))
      throw new MotifError(
        "diverged",
        `mask value ${i} is ${mask[i]}: the search diverged`,
      );
  }
  return Int32Array.from({ length: mask.length }, (_, i) => i).sort(
    (a, b) => mask[b] - mask[a] || a - b,
  );
}
