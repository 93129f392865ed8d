/** Everything that searches of one model, data set and kind of settings need: opened and compiled once, used shard after shard. */
import { readFile } from "node:fs/promises";
import { openClassifier, type Classifier } from "../classifier/classifier.ts";
import { openDataset, type Dataset, type Parts } from "../data/index.ts";
import type { Backend, Executable } from "../engine/index.ts";
import { predictImages } from "../evaluation/clean-accuracy.ts";
import type { EvaluationImages } from "../evaluation/measure-power.ts";
import { compilePredictor, type Predictor } from "../evaluation/predict.ts";
import { MotifError } from "../motif-error.ts";
import { openImageSource, type ImageSource } from "../search/image-source.ts";
import { buildStepGraph } from "../search/step-graph.ts";
import { partsOf, thin } from "./dataset-parts.ts";
import type { DatasetFiles, SearchWork } from "./shard-work.ts";

export interface OpenedSearch {
  readonly classifier: Classifier;
  readonly dataset: Dataset;
  readonly parts: Parts;
  readonly images: ImageSource;
  readonly predictor: Predictor;
  readonly executable: Executable;
  readonly evaluation: EvaluationImages;
  close(): Promise<void>;
}

/** What an opened search can be used for. */
export async function keyOfSearch(
  { model, dataset, settings, pack, evaluateImages }: SearchWork,
  backend: Backend,
): Promise<string> {
  return JSON.stringify([
    model.sha256,
    await readFile(model.manifestPath, "utf8"),
    [dataset.path, dataset.split, dataset.digest],
    [pack, settings.batchSize, settings.alpha],
    [settings.canvasSource === "free", evaluateImages],
    [backend.name, backend.provider, backend.threads],
  ]);
}

/** @throws MotifError as the parts say; the signal's reason */
export async function openSearch(
  work: SearchWork,
  backend: Backend,
  options: {
    readonly signal: AbortSignal;
    readonly cacheDirectory?: string | undefined;
  },
): Promise<OpenedSearch> {
  const { model, settings, pack } = work;
  const { signal } = options;
  const classifier = await openClassifier(model.path, model.manifestPath);
  const dataset = await openRegistered(work.dataset, classifier, options);
  let predictor: Predictor | undefined;
  let executable: Executable | undefined;
  const close = async () => {
    await executable?.dispose();
    await predictor?.dispose();
    await dataset.close();
  };
  try {
    const parts = partsOf(dataset, classifier.numClasses);
    predictor = await compilePredictor(
      classifier,
      backend,
      pack * settings.batchSize,
    );
    executable = await backend.compile(
      buildStepGraph(classifier, {
        pack,
        batchSize: settings.batchSize,
        alpha: settings.alpha,
        withCanvasGradient: settings.canvasSource === "free",
      }),
    );
    const indices = thin(parts.evaluate, work.evaluateImages);
    const evaluation = {
      dataset,
      indices,
      predictions: await predictImages(predictor, dataset, indices, { signal }),
    };
    const images = await openImageSource(dataset, parts.search);
    const opened = { classifier, dataset, parts, images, evaluation };
    return { ...opened, predictor, executable, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * A data set for a model, the same that was registered.
 * @throws MotifError "dataset" when its content is another by now
 */
export async function openRegistered(
  files: DatasetFiles,
  classifier: Pick<Classifier, "imageShape" | "numClasses">,
  options: {
    readonly signal: AbortSignal;
    readonly cacheDirectory?: string | undefined;
  },
): Promise<Dataset> {
  const { signal, cacheDirectory } = options;
  const dataset = await openDataset(files.path, {
    imageShape: classifier.imageShape,
    numClasses: classifier.numClasses,
    signal,
    ...(files.split !== null && { split: files.split }),
    ...(cacheDirectory !== undefined && { cacheDir: cacheDirectory }),
  });
  if (files.digest === null || files.digest === dataset.digest) return dataset;
  await dataset.close();
  throw new MotifError(
    "dataset",
    `${files.path} is not the content that was registered as "${files.name}" (digest ${dataset.digest}, registered ${files.digest}). ` +
      "Put the files back, or register them under another name.",
  );
}
