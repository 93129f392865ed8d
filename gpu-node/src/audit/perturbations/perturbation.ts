/**
 * A family of small changes to images that a backdoor may answer to, and among which one is searched that makes a model predict a class:
 * few pixels (patch.ts), whose values are searched too or are those of a canvas, a faint picture over all of the image (faint.ts), faint
 * stripes (stripes.ts), a slight movement of its pixels (warp.ts).
 *
 * What is found is tried at several strengths. Its curve says what share of the images need at most that much of it.
 */
import type { GraphBuilder, Value } from "../../engine/index.ts";

/** [C, H, W] of a [0,1] image. */
export type ImageShape = readonly [number, number, number];

/** Patches whose values are given, not searched. */
const canvasKinds = ["noise-canvas", "natural-canvas"] as const;
export const perturbationKinds = [
  "patch",
  "faint",
  "stripes",
  "warp",
  ...canvasKinds,
] as const;
export type PerturbationKind = (typeof perturbationKinds)[number];
export type CanvasKind = (typeof canvasKinds)[number];

export const isCanvas = (kind: PerturbationKind): kind is CanvasKind =>
  canvasKinds.some((each) => each === kind);

/** What is searched: values of one search that steps by the sign of the gradient move within bounds. */
export interface Variable {
  readonly name: string;
  /** Of one search. */
  readonly shape: readonly number[];
  readonly low: number;
  readonly high: number;
  /** Change of a value in a step; 0: given, not searched. */
  readonly stepSize: number;
}

export interface Perturbation {
  readonly kind: PerturbationKind;
  /** What a strength counts: pixels, share of the mixture, share of the range of pixels, pixels that a pixel moves by at most. */
  readonly unit: "pixels" | "share" | "amplitude" | "shift";
  /** That a finding is tried at, ascending. */
  readonly strengths: readonly number[];
  readonly variables: readonly Variable[];
  /** Weight of the cross-entropy in the loss; the rest is that of the penalty. */
  readonly alpha: number;
  /**
   * @param variables in their order, [S, …shape] each @param images [S, B, C, H, W]
   * @returns the changed images, [S, B, C, H, W], and what the change costs, [S], or null where nothing is asked of it
   */
  addPerturbed(
    g: GraphBuilder,
    variables: readonly Value[],
    images: Value,
  ): { readonly perturbed: Value; readonly penalty: Value | null };
  /**
   * The variables' values that a search begins with.
   * @param natural an image, values 0…1, [C, H, W]: what kinds with natural canvases take
   */
  start(seed: number, natural: Float32Array): Float32Array[];
  /** @param found the variables' values */
  apply(found: readonly Float32Array[]): AppliedPerturbation;
  /**
   * A picture of what was found.
   * @returns R, G, B, A interleaved, [H, W, 4]
   */
  draw(found: readonly Float32Array[], strength: number): Uint8Array;
}

/**
 * Changes images by a strength: reads uint8 [count, C, H, W] and writes as much.
 */
export type AppliedPerturbation = (
  strength: number,
  originals: Uint8Array,
  into: Uint8Array,
  count: number,
) => void;

/** @param values 0…1, [C, H, W] with one or three channels @param isShown by pixel @returns R, G, B, A interleaved */
export function colorsOf(
  values: ArrayLike<number>,
  [channels, height, width]: ImageShape,
  isShown: (pixel: number) => boolean = () => true,
): Uint8Array {
  const pixels = height * width;
  const colors = new Uint8Array(4 * pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    if (!isShown(pixel)) continue;
    for (let channel = 0; channel < 3; channel++) {
      const plane = channels === 1 ? 0 : channel * pixels;
      colors[4 * pixel + channel] = Math.round(255 * values[plane + pixel]);
    }
    colors[4 * pixel + 3] = 255;
  }
  return colors;
}
