/** Which searches a local search will run, settled before it starts. Pure. */
import type { Dataset, Parts } from "../data/index.ts";
import { MotifError } from "../motif-error.ts";
import { listCanvasImages } from "../search/canvases.ts";
import type { SearchIdentity } from "../search/run-searches.ts";
import { listSearchImages } from "../shards/search-inputs.ts";
import type { LocalSearch } from "./local-search.ts";

/**
 * @param identities all searches of a job with natural canvases
 * @returns classes that get fewer than `canvases`, because there are no more images of them to serve as canvas
 */
export function countShortOfCanvases(
  identities: readonly SearchIdentity[],
  canvases: number,
): number {
  const byClass = Map.groupBy(identities, ({ targetClass }) => targetClass);
  return [...byClass.values()].filter(
    (searches) =>
      new Set(searches.map(({ canvasIndex }) => canvasIndex)).size < canvases,
  ).length;
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
    listSearchImages({ dataset, parts }, targetClass, settings.batchSize);
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
