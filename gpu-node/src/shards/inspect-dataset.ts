/** The outline of a data set: read to its end once, so that whatever is damaged shows here. */
import { describeDataset, openDataset } from "../data/index.ts";
import { MotifError } from "../motif-error.ts";
import { naming } from "./open-inputs.ts";
import { refusalOf } from "./refusal.ts";
import type { ShardContext } from "./shard-context.ts";
import type { InspectDatasetOutcome } from "./shard-outcome.ts";
import type { DatasetFiles, InspectDatasetWork } from "./shard-work.ts";

/** Pictures of any size are brought to this, as nobody has said to which. */
const anyShape = [3, 16, 16] as const;

/**
 * @param cacheDirectory where decoded data sets are kept, for those whose images have a size of their own
 * @throws MotifError "storage"; the signal's reason when aborted. What is wrong with the data set is the refusal.
 */
export async function inspectDataset(
  { dataset }: InspectDatasetWork,
  { signal, onProgress }: Pick<ShardContext, "signal" | "onProgress">,
  cacheDirectory: string | undefined,
): Promise<InspectDatasetOutcome> {
  try {
    return await naming([[dataset.path, dataset.name]], () =>
      inspect(dataset, signal, onProgress, cacheDirectory),
    );
  } catch (error) {
    signal.throwIfAborted();
    return {
      kind: "inspect-dataset",
      refusal: refusalOf(error),
      format: "",
      digest: "",
      images: 0,
      classNames: [],
      splits: [],
    };
  }
}

async function inspect(
  { path, name, split, digest: registered }: DatasetFiles,
  signal: AbortSignal,
  onProgress: (done: number) => void,
  cacheDirectory: string | undefined,
): Promise<InspectDatasetOutcome> {
  const wanted = split ?? undefined;
  const outline = await describeDataset(path, wanted, signal);
  const dataset = await openDataset(path, {
    imageShape: outline.imageShape ?? anyShape,
    signal,
    onProgress: (done, total) => onProgress(total === null ? 0 : done / total),
    ...(wanted !== undefined && { split: wanted }),
    ...(outline.imageShape &&
      cacheDirectory !== undefined && { cacheDir: cacheDirectory }),
  });
  try {
    const { digest, labels, classes } = dataset;
    if (registered !== null && registered !== digest)
      throw new MotifError(
        "dataset",
        `data set "${name}": its content here has the digest ${digest}, registered was ${registered}. ` +
          "Put the registered files back, or register it again.",
      );
    return {
      kind: "inspect-dataset",
      refusal: null,
      format: outline.format,
      digest,
      images: labels.length,
      classNames: classes,
      splits: outline.splits,
    };
  } finally {
    await dataset.close();
  }
}
