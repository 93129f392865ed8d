/** A model held against a data set, before anybody may search it: does it open, do they agree, is it as accurate as declared. */
import { openClassifier } from "../classifier/classifier.ts";
import type { Backend } from "../engine/index.ts";
import { compilePredictor } from "../evaluation/predict.ts";
import { nameClasses } from "./class-names.ts";
import { partsOf } from "./dataset-parts.ts";
import { measureDeclared } from "./declared-accuracy.ts";
import { openRegistered } from "./open-search.ts";
import type { ShardContext } from "./shard-context.ts";
import type { CheckModelOutcome } from "./shard-outcome.ts";
import type { CheckModelWork } from "./shard-work.ts";

/** Images a forward pass; as large as searches have them by default. */
const batchSize = 32;

/** @throws MotifError as the parts say: what is wrong with the model is thrown too */
export async function checkModel(
  { model, dataset: files }: CheckModelWork,
  backend: Backend,
  { signal, now, onProgress }: ShardContext,
  cacheDirectory: string | undefined,
): Promise<CheckModelOutcome> {
  const warnings: string[] = [];
  const began = now();
  const classifier = await openClassifier(model.path, model.manifestPath);
  const importMs = now() - began;
  warnings.push(...classifier.warnings);
  const { numClasses } = classifier;
  const dataset = await openRegistered(files, classifier, {
    ...{ signal, cacheDirectory },
  });
  try {
    const classNames = nameClasses(classifier, {
      classes: dataset.classes,
      name: files.name,
    });
    const parts = partsOf(dataset, numClasses);
    const predictor = await compilePredictor(classifier, backend, batchSize);
    try {
      const mark = now();
      let images = 0;
      const { accuracy, n } = await measureDeclared(
        model.name,
        classifier,
        dataset,
        predictor,
        {
          signal,
          onImages: (count) => {
            images += count;
            onProgress(Math.min(1, images / dataset.labels.length));
          },
          onWarning: (message) => warnings.push(message),
        },
      );
      const countByClass = (indices: Int32Array) => {
        const counts = new Array<number>(numClasses).fill(0);
        for (const index of indices) counts[dataset.labels[index]]++;
        return counts;
      };
      return {
        kind: "check-model",
        refusal: null,
        name: classifier.name,
        inputShape: classifier.imageShape,
        numClasses,
        cleanAccuracy: accuracy,
        cleanAccuracyImages: n,
        classNames,
        parts: {
          canvas: parts.canvas.length,
          search: parts.search.length,
          evaluate: parts.evaluate.length,
        },
        canvasesByClass: countByClass(parts.canvas),
        searchImagesByClass: countByClass(parts.search),
        imagesPerSecond: n / Math.max(0.001, (now() - mark) / 1000),
        warnings,
        groundTruth: classifier.manifest.groundTruth ?? null,
        importMs,
      };
    } finally {
      await predictor.dispose();
    }
  } finally {
    await dataset.close();
  }
}

/** What a check says of a model that cannot be used. */
export function refuseModel(name: string, refusal: string): CheckModelOutcome {
  return {
    ...{ kind: "check-model", refusal, name, inputShape: [], numClasses: 0 },
    ...{ cleanAccuracy: 0, cleanAccuracyImages: 0, classNames: [] },
    parts: { canvas: 0, search: 0, evaluate: 0 },
    ...{ canvasesByClass: [], searchImagesByClass: [], imagesPerSecond: 0 },
    ...{ warnings: [], groundTruth: null, importMs: 0 },
  };
}
