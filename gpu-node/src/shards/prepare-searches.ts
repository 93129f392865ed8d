/** Searches as a pack asks for them, each from where it was left. */
import type { Classifier } from "../classifier/classifier.ts";
import type { Dataset, Parts } from "../data/index.ts";
import { newBatchOrder } from "../search/batch-order.ts";
import { readCanvas } from "../search/canvases.ts";
import type {
  Search,
  SearchIdentity,
  SearchState,
} from "../search/run-searches.ts";
import type { SearchSettings } from "../search/settings.ts";

export interface PreparedFrom {
  readonly classifier: Pick<Classifier, "imageShape">;
  readonly dataset: Dataset;
  readonly parts: Parts;
  readonly settings: SearchSettings;
  /** Where a search was left; null where it was not begun. */
  readonly readCheckpoint: (
    identity: SearchIdentity,
  ) => Promise<SearchState | null>;
}

/** @throws MotifError "usage" when there is no such canvas */
export async function* prepareSearches(
  identities: readonly SearchIdentity[],
  { classifier, dataset, parts, settings, readCheckpoint }: PreparedFrom,
): AsyncGenerator<Search> {
  const pixels = classifier.imageShape[1] * classifier.imageShape[2];
  for (const identity of identities) {
    const { targetClass, canvasIndex, seed } = identity;
    const images = parts.search.filter(
      (index) => dataset.labels[index] !== targetClass,
    );
    const order = newBatchOrder(images.length, settings.batchSize, [
      seed,
      targetClass,
      canvasIndex,
    ]);
    const start = (await readCheckpoint(identity)) ?? {
      step: 0,
      mask: new Float32Array(pixels).fill(settings.initialMask),
      canvas: Float32Array.from(
        (
          await readCanvas(
            dataset,
            parts,
            settings.canvasSource,
            targetClass,
            canvasIndex,
          )
        ).pixels,
        (value) => value / 255,
      ),
      loss: NaN,
    };
    yield { identity, start, images, order };
  }
}
