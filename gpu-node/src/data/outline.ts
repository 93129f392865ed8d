/** What a data set is, without a model that asks for a shape: its format, content and classes. */
import { readdir, stat } from "node:fs/promises";
import { cifarShape, isCifarBatch } from "./cifar-format.ts";
import { findIdxImages } from "./idx-files.ts";
import { findImageShape } from "./image-shape.ts";
import { openDataset } from "./open-dataset.ts";
import { isSplitName } from "./split-names.ts";

export interface DatasetOutline {
  readonly format: "IDX" | "CIFAR" | "images";
  /** SHA-256 of the content, as `Dataset` has it. */
  readonly digest: string;
  readonly images: number;
  readonly classNames: readonly string[];
  /** Those that are folders; empty where there is one only, or the format does not tell. */
  readonly splits: readonly string[];
}

/** Pictures are brought to this to be looked at: small, so that many are no trouble. */
const pictureShape = [3, 32, 32] as const;

/** @throws MotifError "dataset" when there is nothing that Motif reads; "storage"; the signal's reason */
export async function outlineDataset(
  path: string,
  options: {
    readonly split?: string | undefined;
    readonly signal?: AbortSignal;
    readonly onProgress?: (done: number, total: number | null) => void;
  },
): Promise<DatasetOutline> {
  const { split, ...passed } = options;
  const named = split === undefined ? {} : { split };
  const format = await recognise(path, split);
  const imageShape =
    format === "IDX"
      ? await findIdxShape(path, split)
      : format === "CIFAR"
        ? cifarShape
        : pictureShape;
  const dataset = await openDataset(path, { ...passed, ...named, imageShape });
  try {
    return {
      format,
      digest: dataset.digest,
      images: dataset.labels.length,
      classNames: dataset.classes,
      splits: await findSplits(path),
    };
  } finally {
    await dataset.close();
  }
}

async function recognise(
  path: string,
  split: string | undefined,
): Promise<DatasetOutline["format"]> {
  const facts = await stat(path).catch(() => null);
  // What is not there is said by opening it.
  if (!facts) return "images";
  if ((await findIdxImages(path, split)) !== null) return "IDX";
  const names = facts.isDirectory() ? await readdir(path) : [path];
  return names.some(isCifarBatch) || /\.bin$/i.test(path) ? "CIFAR" : "images";
}

async function findIdxShape(path: string, split: string | undefined) {
  const images = await findIdxImages(path, split);
  const shape = images === null ? null : await findImageShape(images, "test");
  return shape ?? pictureShape;
}

async function findSplits(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [];
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && isSplitName(entry.name))
    .map((entry) => entry.name)
    .sort();
}
