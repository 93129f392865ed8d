/** The perturbations that an audit asks about, by their kinds. */
import { newFaint } from "./faint.ts";
import { newPatch } from "./patch.ts";
import type {
  ImageShape,
  Perturbation,
  PerturbationKind,
} from "./perturbation.ts";
import { newStripes } from "./stripes.ts";
import { newWarp } from "./warp.ts";

const makers: Readonly<
  Record<PerturbationKind, (imageShape: ImageShape) => Perturbation>
> = {
  patch: (imageShape) => newPatch("patch", imageShape),
  faint: newFaint,
  stripes: newStripes,
  warp: newWarp,
  "noise-canvas": (imageShape) => newPatch("noise-canvas", imageShape),
  "natural-canvas": (imageShape) => newPatch("natural-canvas", imageShape),
};

export function newPerturbation(
  kind: PerturbationKind,
  imageShape: ImageShape,
): Perturbation {
  return makers[kind](imageShape);
}
