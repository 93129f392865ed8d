/** What a local search will do, settled before it starts: which searches, how many side by side, on which images. Pure. */
import type { Dataset, Parts } from "../data/index.ts";
import { MotifError } from "../motif-error.ts";
import { listCanvasImages } from "../search/canvases.ts";
import type { SearchIdentity } from "../search/run-searches.ts";
import type { LocalSearch } from "./local-search.ts";

/** Floats of images that share a forward pass: with them a ResNet-18 of 32×32 stays under 1 GB. */
const packedFloats = 8 * 4 * 3 * 32 * 32;

/** S where the user does not say: 8 for small images, fewer where 8 would only take memory. */
export function choosePack(
  imageShape: readonly [number, number, number],
  batchSize: number,
): number {
  const [channels, height, width] = imageShape;
  return Math.max(
    1,
    Math.min(
      8,
      Math.floor(packedFloats / (batchSize * channels * height * width)),
    ),
  );
}

/**
 * The searches of a job: classes, then canvases, then seeds.
 * @throws MotifError when the data set has too few images for one of them
 */
export function listSearches(
  job: Pick<LocalSearch, "settings" | "canvasIndex" | "seed">,
  classes: readonly number[],
  dataset: Dataset,
  parts: Parts,
): SearchIdentity[] {
  const { settings, canvasIndex, seed } = job;
  const identities: SearchIdentity[] = [];
  for (const targetClass of classes) {
    const others = parts.search.filter(
      (index) => dataset.labels[index] !== targetClass,
    ).length;
    if (others < settings.batchSize) {
      throw new MotifError(
        "dataset",
        `${dataset.name}: only ${others} images are left to search class ${targetClass} with, a batch takes ${settings.batchSize}. ` +
          "Add images, or ask for a smaller --batch-size.",
      );
    }
    const available =
      settings.canvasSource === "natural"
        ? listCanvasImages(dataset, parts, targetClass).length
        : Infinity;
    if (canvasIndex !== undefined && canvasIndex >= available) {
      throw new MotifError(
        "usage",
        `--canvas-index ${canvasIndex}: class ${targetClass} has the canvases 0 to ${available - 1}.`,
      );
    }
    if (available === 0) {
      throw new MotifError(
        "dataset",
        `${dataset.name}: class ${targetClass} has no image to serve as canvas. Add images, or use --canvas-source noise.`,
      );
    }
    const first = canvasIndex ?? 0;
    const past =
      canvasIndex === undefined
        ? Math.min(settings.canvases, available)
        : canvasIndex + 1;
    for (let canvas = first; canvas < past; canvas++) {
      for (let i = 0; i < settings.seeds; i++)
        identities.push({ targetClass, canvasIndex: canvas, seed: seed + i });
    }
  }
  return identities;
}
