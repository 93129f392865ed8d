/** The outline of a data set: read to its end once, so that whatever is damaged shows here, and what its images look like. */
import { describeDataset, openDataset, type Dataset } from "../data/index.ts";
import { naming } from "./open-inputs.ts";
import { requireDigest } from "./require-digest.ts";
import { refusalOf } from "./refusal.ts";
import { chooseSamples, readSamples } from "./sample-images.ts";
import { writeSampleSheets } from "./sample-sheets.ts";
import type { ShardContext } from "./shard-context.ts";
import type { InspectDatasetOutcome, SampleSheets } from "./shard-outcome.ts";
import type { DatasetFiles, InspectDatasetWork } from "./shard-work.ts";

/** Pictures of any size are brought to this, as nobody has said to which. */
const anyShape = [3, 16, 16] as const;

type InspectionContext = Pick<
  ShardContext,
  "signal" | "onProgress" | "workDirectory"
>;

/**
 * @param cacheDirectory where decoded data sets are kept, for those whose images have a size of their own
 * @throws MotifError "storage"; the signal's reason when aborted. What is wrong with the data set is the refusal.
 */
export async function inspectDataset(
  { dataset }: InspectDatasetWork,
  context: InspectionContext,
  cacheDirectory: string | undefined,
): Promise<InspectDatasetOutcome> {
  try {
    return await naming([[dataset.path, dataset.name]], () =>
      inspect(dataset, context, cacheDirectory),
    );
  } catch (error) {
    context.signal.throwIfAborted();
    return {
      kind: "inspect-dataset",
      refusal: refusalOf(error),
      format: "",
      digest: "",
      images: 0,
      classNames: [],
      splits: [],
      imagesByClass: [],
      samples: null,
    };
  }
}

async function inspect(
  { path, name, split, digest: registered }: DatasetFiles,
  { signal, onProgress, workDirectory }: InspectionContext,
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
    requireDigest(name, digest, registered);
    const imagesByClass = new Array<number>(classes.length).fill(0);
    for (const label of labels) imagesByClass[label]++;
    return {
      kind: "inspect-dataset",
      refusal: null,
      format: outline.format,
      digest,
      images: labels.length,
      classNames: classes,
      splits: outline.splits,
      imagesByClass,
      samples: await drawSamples(
        path,
        dataset,
        outline.imageShape !== null,
        workDirectory,
        { signal, ...(wanted !== undefined && { split: wanted }) },
      ),
    };
  } finally {
    await dataset.close();
  }
}

async function drawSamples(
  path: string,
  dataset: Dataset,
  hasOwnShape: boolean,
  workDirectory: string,
  options: { readonly split?: string; readonly signal: AbortSignal },
): Promise<SampleSheets | null> {
  const chosen = chooseSamples(dataset);
  if (!chosen) return null;
  const read = await readSamples(
    path,
    hasOwnShape ? dataset : null,
    chosen.flatMap((indices) => [...indices]),
    options,
  );
  let taken = 0;
  const byClass = chosen.map(({ length }) =>
    read.slice(taken, (taken += length)),
  );
  return writeSampleSheets(workDirectory, byClass);
}
