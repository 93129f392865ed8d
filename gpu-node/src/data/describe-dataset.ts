/** What a data set is, told by the names and headers of its files: before any image is decoded. */
import { realpath, stat } from "node:fs/promises";
import { chooseCifarFiles, cifarShape } from "./cifar-format.ts";
import { findIdxImages, listIdxSplits } from "./idx-files.ts";
import { findImageShape } from "./image-shape.ts";
import { explainIoError } from "./io-error.ts";
import { holdsCifar, openTree } from "./open-dataset.ts";
import { listPictures } from "./picture-list.ts";

export interface DatasetOutline {
  readonly format: "idx" | "cifar" | "image-folder";
  /** By name; none where it has no splits. */
  readonly splits: readonly string[];
  /** [C, H, W] that its images have; null where each may have its own. */
  readonly imageShape: readonly [number, number, number] | null;
}

/**
 * @param split the split that is meant, as for `openDataset`
 * @throws MotifError "dataset" when there is nothing at `path` that Motif reads, or not that split
 */
export async function describeDataset(
  path: string,
  split?: string,
  signal?: AbortSignal,
): Promise<DatasetOutline> {
  try {
    return await describe(await realpath(path), split, signal);
  } catch (cause) {
    throw explainIoError(path, cause);
  }
}

async function describe(
  path: string,
  split: string | undefined,
  signal: AbortSignal | undefined,
): Promise<DatasetOutline> {
  if ((await findIdxImages(path, split)) !== null)
    return {
      format: "idx",
      splits: await listIdxSplits(path),
      imageShape: await findImageShape(path, split),
    };
  if (/\.bin$/i.test(path) && (await stat(path)).isFile())
    return { format: "cifar", splits: [], imageShape: cifarShape };
  const tree = await openTree(path, signal);
  const listing = await tree.list(signal);
  if (holdsCifar(listing)) {
    const { splits } = chooseCifarFiles(path, listing.files, split);
    return { format: "cifar", splits, imageShape: cifarShape };
  }
  const { splits } = listPictures(path, listing, split);
  return { format: "image-folder", splits, imageShape: null };
}
