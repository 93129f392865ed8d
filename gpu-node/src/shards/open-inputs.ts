/** Opens what a shard names, or borrows it from what earlier shards opened. */
import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { openClassifier, type Classifier } from "../classifier/classifier.ts";
import { MotifError } from "../motif-error.ts";
import { openImageSource, type ImageSource } from "../search/image-source.ts";
import { newOpenedCache, type Borrowed } from "./opened-cache.ts";
import { requireDigest } from "./require-digest.ts";
import { openSplitDataset, type SplitDataset } from "./search-inputs.ts";
import type { DatasetFiles, ModelFiles } from "./shard-work.ts";

/** Kept when no shard uses them. A data set's search part may take 128 MB. */
const mostClassifiers = 4;
const mostDatasets = 2;

export interface OpenModel {
  readonly classifier: Classifier;
  /** Holds everything that its logits depend on. */
  readonly key: string;
  readonly importMs: number;
}

export interface OpenData extends SplitDataset {
  /** Holds everything that its pixels and parts depend on. */
  readonly key: string;
  /** The search part, read when first asked for. */
  images(): Promise<ImageSource>;
}

export interface OpenInputs {
  /** @throws MotifError "model"; "storage" when the file is not the one that was asked for */
  model(
    files: ModelFiles,
    signal: AbortSignal,
    now: () => number,
  ): Promise<Borrowed<OpenModel>>;
  /** @throws MotifError "dataset", also when its content is not what was registered; "storage" */
  data(
    files: DatasetFiles,
    classifier: Classifier,
    signal: AbortSignal,
  ): Promise<Borrowed<OpenData>>;
  close(): Promise<void>;
}

/** @param cacheDirectory where decoded data sets are kept */
export function newOpenInputs(cacheDirectory: string | undefined): OpenInputs {
  const models = newOpenedCache<OpenModel>({
    mostIdle: mostClassifiers,
    isShared: true,
  });
  const data = newOpenedCache<OpenData>({
    mostIdle: mostDatasets,
    isShared: true,
  });
  /** Data sets whose content nobody has stated yet are opened anew each time. */
  let unstated = 0;
  return {
    async model(files, signal, now) {
      const manifest = await readFile(files.manifestPath).catch(
        (cause: unknown) => {
          throw new MotifError(
            "storage",
            `${files.manifestPath}: the manifest cannot be read (${(cause as Error).message}).`,
            { cause },
          );
        },
      );
      const key = createHash("sha256")
        .update(`${files.sha256}\0${files.name}\0`)
        .update(manifest)
        .digest("hex");
      return models.borrow(key, signal, async () => {
        const began = now();
        const classifier = await openNamed(files);
        const value = { classifier, key, importMs: now() - began };
        return { value, dispose: async () => undefined };
      });
    },
    data(files, classifier, signal) {
      const { imageShape, numClasses } = classifier;
      const content = files.digest ?? `unstated ${unstated++}`;
      const key = JSON.stringify([
        files.path,
        content,
        files.split,
        imageShape,
        numClasses,
      ]);
      return data.borrow(key, signal, async (openSignal) => {
        const split = await naming([[files.path, files.name]], () =>
          openSplitDataset(classifier, files.path, {
            signal: openSignal,
            ...(files.split !== null && { split: files.split }),
            ...(cacheDirectory !== undefined && { cacheDir: cacheDirectory }),
          }),
        );
        const { dataset, parts } = split;
        try {
          requireDigest(files.name, dataset.digest, files.digest);
        } catch (error) {
          await dataset.close();
          throw error;
        }
        let images: Promise<ImageSource> | undefined;
        const value = {
          ...split,
          key,
          async images() {
            try {
              return await (images ??= openImageSource(dataset, parts.search));
            } catch (error) {
              images = undefined;
              throw error;
            }
          },
        };
        return { value, dispose: () => dataset.close() };
      });
    },
    async close() {
      await models.close();
      await data.close();
    },
  };
}

/** @throws MotifError "model"; "storage" when the file is not the one that was asked for */
export async function openNamed(files: ModelFiles): Promise<Classifier> {
  const { path, manifestPath, name, sha256 } = files;
  const names = [
    [path, name],
    [manifestPath, `the manifest of ${name}`],
  ] as const;
  const classifier = await naming(names, () =>
    openClassifier(path, manifestPath, name),
  );
  if (classifier.sha256 === sha256) return classifier;
  throw new MotifError(
    "storage",
    `${path}: its SHA-256 is ${classifier.sha256}, ${sha256} was asked for. Remove the file, it is fetched again.`,
  );
}

/** Says what is wrong of a file by its name: people elsewhere know nothing of this machine's paths. */
export async function naming<Value>(
  names: readonly (readonly [path: string, name: string])[],
  open: () => Promise<Value>,
): Promise<Value> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof MotifError)) throw error;
    let { message } = error;
    for (const [path, name] of names)
      for (const each of [await realpath(path).catch(() => path), path])
        message = message.replaceAll(each, name);
    throw new MotifError(error.code, message, { cause: error });
  }
}
