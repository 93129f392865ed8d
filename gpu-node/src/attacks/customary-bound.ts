/** How far adversaries customarily go, where nobody says. */
import type { Norm } from "./ball.ts";

/**
 * L∞ of Madry et al. (arXiv 1706.06083) for colour: ε = 8/255 in steps of 2/255; for grey 28×28 images ε = 0.1 in steps of 0.02.
 * L2 of RobustBench (arXiv 2010.09670) for colour: ε = 0.5; for grey ε = 1.5; in steps of the same shares.
 * @param channels of the images
 */
export function customaryBound(
  norm: Norm,
  channels: number,
): { readonly epsilon: number; readonly stepSize: number } {
  const isGrey = channels === 1;
  const epsilon =
    norm === "linf" ? (isGrey ? 0.1 : 8 / 255) : isGrey ? 1.5 : 0.5;
  return { epsilon, stepSize: epsilon / (isGrey ? 5 : 4) };
}
