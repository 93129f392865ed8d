/** The check of a model against a data set: all that is settled before a search, and what planning searches needs to know. */
import type { Backend } from "../engine/index.ts";
import { compilePredictor } from "../evaluation/predict.ts";
import { listCanvasImages } from "../search/canvases.ts";
import { presets } from "../search/settings.ts";
import { nameClasses } from "./class-names.ts";
import { choosePack } from "./compile-search.ts";
import { measureModel } from "./model-accuracy.ts";
import type { OpenData, OpenInputs, OpenModel } from "./open-inputs.ts";
import { refusalOf } from "./refusal.ts";
import type { ShardContext } from "./shard-context.ts";
import type { CheckModelOutcome } from "./shard-outcome.ts";
import type { CheckModelWork } from "./shard-work.ts";

/** @throws MotifError "backend" or "storage"; the signal's reason when aborted. What is wrong with the input is the refusal. */
export async function inspectModel(
  work: CheckModelWork,
  context: ShardContext,
  backend: Backend,
  inputs: OpenInputs,
): Promise<CheckModelOutcome> {
  const { signal } = context;
  const now = () => context.now();
  try {
    const model = await inputs.model(work.model, signal, now);
    try {
      const data = await inputs.data(
        work.dataset,
        model.value.classifier,
        signal,
      );
      try {
        return await measure(work, context, backend, model.value, data.value);
      } finally {
        await data.release();
      }
    } finally {
      await model.release();
    }
  } catch (error) {
    signal.throwIfAborted();
    return { ...nothing, name: work.model.name, refusal: refusalOf(error) };
  }
}

async function measure(
  work: CheckModelWork,
  context: ShardContext,
  backend: Backend,
  { classifier, importMs }: OpenModel,
  { dataset, parts }: OpenData,
): Promise<CheckModelOutcome> {
  const { numClasses, imageShape } = classifier;
  const classNames = nameClasses(classifier, dataset);
  // As many images a run as a search by the presets has: an accuracy must not differ by the batch that it was measured in.
  const { batchSize } = presets.default;
  const predictor = await compilePredictor(
    classifier,
    backend,
    choosePack(imageShape, batchSize) * batchSize,
  );
  try {
    const began = context.now();
    const accuracy = await measureModel(
      classifier,
      work.model.name,
      dataset,
      predictor,
      {
        signal: context.signal,
        onShare: (done) => context.onProgress(done),
      },
    );
    const seconds = Math.max(1e-3, (context.now() - began) / 1000);
    const perClass = (count: (targetClass: number) => number) =>
      Array.from({ length: numClasses }, (_, index) => count(index));
    const searched = new Int32Array(numClasses);
    for (const index of parts.search) searched[dataset.labels[index]]++;
    const { warnings, manifest } = classifier;
    return {
      kind: "check-model",
      refusal: null,
      name: classifier.name,
      inputShape: imageShape,
      numClasses,
      cleanAccuracy: accuracy.accuracy,
      cleanAccuracyImages: accuracy.n,
      classNames,
      parts: {
        canvas: parts.canvas.length,
        search: parts.search.length,
        evaluate: parts.evaluate.length,
      },
      canvasesByClass: perClass(
        (targetClass) => listCanvasImages(dataset, parts, targetClass).length,
      ),
      searchImagesByClass: [...searched],
      imagesPerSecond: accuracy.n / seconds,
      warnings:
        accuracy.warning === null ? warnings : [...warnings, accuracy.warning],
      groundTruth: manifest.groundTruth ?? null,
      importMs,
    };
  } finally {
    await predictor.dispose();
  }
}

/** The facts beside a refusal. */
const nothing: Omit<CheckModelOutcome, "name"> = {
  kind: "check-model",
  refusal: null,
  inputShape: [],
  numClasses: 0,
  cleanAccuracy: 0,
  cleanAccuracyImages: 0,
  classNames: [],
  parts: { canvas: 0, search: 0, evaluate: 0 },
  canvasesByClass: [],
  searchImagesByClass: [],
  imagesPerSecond: 0,
  warnings: [],
  groundTruth: null,
  importMs: 0,
};
