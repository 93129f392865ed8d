/**
 * `motif search --local`: one model, one data set, this process. Opens and checks both, runs every search that is not in
 * the output folder yet, and writes result.json, pictures and report.
 */
import { join, resolve } from "node:path";
import { openClassifier, type Classifier } from "../classifier/classifier.ts";
import {
  openDataset,
  splitParts,
  type Dataset,
  type Parts,
} from "../data/index.ts";
import type { Backend } from "../engine/index.ts";
import {
  checkDeclaredAccuracy,
  measureCleanAccuracy,
  predictImages,
} from "../evaluation/clean-accuracy.ts";
import {
  measurePower,
  type EvaluationImages,
} from "../evaluation/measure-power.ts";
import { curveSizes, kStar, rankPixels } from "../evaluation/power-curve.ts";
import { compilePredictor, type Predictor } from "../evaluation/predict.ts";
import { MotifError } from "../motif-error.ts";
import { patternSize, writePatternImages } from "../report/images.ts";
import type { PatternResult, Result } from "../report/result.ts";
import { newBatchOrder } from "../search/batch-order.ts";
import { listCanvasImages, readCanvas } from "../search/canvases.ts";
import { openImageSource } from "../search/image-source.ts";
import {
  runSearches,
  type FinishedSearch,
  type Search,
  type SearchIdentity,
} from "../search/run-searches.ts";
import { checkSettings, type SearchSettings } from "../search/settings.ts";
import { buildStepGraph } from "../search/step-graph.ts";
import { parseClassList } from "./class-list.ts";
import { openStoredPatterns, type StoredPatterns } from "./stored-patterns.ts";

export interface LocalSearch {
  readonly modelPath: string;
  readonly manifestPath?: string | undefined;
  readonly datasetPath: string;
  /** A part of the data set that has several, such as `test`. */
  readonly split?: string | undefined;
  readonly outDirectory: string;
  /** As on the command line: `all`, `0,3-5`. */
  readonly classes: string;
  readonly settings: SearchSettings;
  /** Only this canvas of each class, instead of the first `settings.canvases`. */
  readonly canvasIndex?: number | undefined;
  /** Of the first seed; further seeds count on from it. */
  readonly seed: number;
  /** S: searches in a forward pass; by the size of the images where absent. */
  readonly pack?: number | undefined;
  /** Most images that a pattern is tried on. */
  readonly evaluateImages: number;
  /** Share of other-class images that counts as "the pattern works". */
  readonly threshold: number;
  readonly backend: Backend;
  /** Where decoded data sets are kept between runs. */
  readonly cacheDirectory?: string | undefined;
}

/** What a long run tells of itself. All counts are of images passed through the model, a gradient counting as three. */
export interface LocalSearchEvents {
  readonly onPhase?: (name: string) => void;
  readonly onDecoded?: (done: number, total: number | null) => void;
  readonly onPlanned?: (work: number) => void;
  readonly onWork?: (work: number) => void;
  readonly onPattern?: (
    pattern: PatternResult,
    done: number,
    total: number,
  ) => void;
  readonly onWarning?: (message: string) => void;
}

/** Forward passes that a gradient costs, about: it scales the progress bar. */
const gradientWork = 3;
/** Most images that the clean accuracy is measured on: beyond, a sample is. */
const accuracyImages = 10_000;
const canvasesPerClass = 10;
const searchShare = 0.2;
const checkpointMs = 20_000;
/** Share of the memory-bound rule below: floats of images in one pack. */
const packedFloats = 8 * 4 * 3 * 32 * 32;

/** S where the user does not say: 8 for small images, fewer where 8 would only take memory. */
export function choosePack(
  imageShape: readonly [number, number, number],
  batchSize: number,
): number {
  const [channels, height, width] = imageShape;
  return Math.max(
    1,
    Math.min(
      8,
      Math.floor((4 * packedFloats) / (batchSize * channels * height * width)),
    ),
  );
}

export interface LocalSearchOutcome {
  readonly result: Result;
  /** Whether the signal stopped it: then `result` holds what was done. */
  readonly wasStopped: boolean;
  /** Patterns found in the folder, not searched again. */
  readonly resumed: number;
}

/**
 * @param now milliseconds, for durations only
 * @throws MotifError whatever is wrong with model, data set or settings, before any search starts
 */
export async function searchLocally(
  job: LocalSearch,
  options: {
    readonly signal: AbortSignal;
    readonly now: () => number;
    readonly events?: LocalSearchEvents;
  },
): Promise<LocalSearchOutcome> {
  const { settings, backend } = job;
  const { signal, now, events = {} } = options;
  checkSettings(settings);

  events.onPhase?.("Reading the model");
  let mark = now();
  const classifier = await openClassifier(job.modelPath, job.manifestPath);
  const importMs = now() - mark;
  for (const warning of classifier.warnings) events.onWarning?.(warning);
  const classes = parseClassList(job.classes, classifier.numClasses);

  events.onPhase?.("Reading the data set");
  const dataset = await openDataset(resolve(job.datasetPath), {
    imageShape: classifier.imageShape,
    signal,
    ...(job.split !== undefined && { split: job.split }),
    ...(events.onDecoded && { onProgress: events.onDecoded }),
    ...(job.cacheDirectory !== undefined && { cacheDir: job.cacheDirectory }),
  });
  try {
    const classNames = nameClasses(classifier, dataset);
    const parts = splitParts(dataset.labels, classifier.numClasses, {
      seed: 0,
      canvasPerClass: canvasesPerClass,
      searchShare,
    });
    const identities = listSearches(job, classes, dataset, parts);
    const pack =
      job.pack ?? choosePack(classifier.imageShape, settings.batchSize);
    const evaluationIndices = thin(parts.evaluate, job.evaluateImages);
    const stored = await openStoredPatterns(job.outDirectory, {
      model: classifier.sha256,
      manifest: describeManifest(classifier),
      dataset: dataset.digest,
      split: job.split ?? null,
      ...perPattern(settings),
      pack,
      evaluateImages: job.evaluateImages,
      threshold: job.threshold,
      backend: backend.name,
      provider: backend.provider,
      threads: backend.threads,
    });

    events.onPhase?.("Compiling");
    mark = now();
    const predictor = await compilePredictor(
      classifier,
      backend,
      pack * settings.batchSize,
    );
    const executable = await backend.compile(
      buildStepGraph(classifier, {
        pack,
        batchSize: settings.batchSize,
        alpha: settings.alpha,
        withCanvasGradient: settings.canvasSource === "free",
      }),
    );
    const compileMs = now() - mark;

    try {
      events.onPhase?.("Measuring the clean accuracy");
      mark = now();
      const everyImage = Int32Array.from(
        { length: dataset.labels.length },
        (_, index) => index,
      );
      const sample = thin(everyImage, accuracyImages);
      const measured = await measureCleanAccuracy(predictor, dataset, sample, {
        signal,
      });
      const { declaredAccuracy } = classifier.manifest;
      if (declaredAccuracy !== undefined) {
        checkDeclaredAccuracy(
          job.modelPath,
          declaredAccuracy,
          measured,
          sample.length < everyImage.length,
        );
      } else if (measured.accuracy < 2 / classifier.numClasses) {
        events.onWarning?.(
          `${classifier.name} is right on ${(100 * measured.accuracy).toFixed(1)}% of ${measured.n} images, hardly more than chance: ` +
            "check inputRange, mean, std and channelOrder in its manifest.",
        );
      }
      const evaluation: EvaluationImages = {
        dataset,
        indices: evaluationIndices,
        predictions: await predictImages(
          predictor,
          dataset,
          evaluationIndices,
          { signal },
        ),
      };
      let evaluateMs = now() - mark;

      const done = new Map<SearchIdentity, PatternResult>();
      for (const identity of identities) {
        const pattern = await stored.readPattern(identity);
        if (pattern) done.set(identity, pattern);
      }
      const resumed = done.size;
      const remaining = identities.filter((identity) => !done.has(identity));
      const sizes = curveSizes(
        classifier.imageShape[1] * classifier.imageShape[2],
      );
      const evaluationWork = (targetClass: number) =>
        sizes.length *
        evaluation.indices.reduce(
          (sum, index) => sum + Number(dataset.labels[index] !== targetClass),
          0,
        );
      const searchWork = gradientWork * settings.steps * settings.batchSize;
      events.onPlanned?.(
        remaining.reduce(
          (sum, identity) =>
            sum + searchWork + evaluationWork(identity.targetClass),
          0,
        ),
      );

      events.onPhase?.("Searching");
      mark = now();
      const evaluatedBefore = evaluateMs;
      const images = await openImageSource(dataset, parts.search);
      let wasStopped = false;
      try {
        const running = runSearches(
          prepareSearches(remaining, {
            job,
            classifier,
            dataset,
            parts,
            stored,
            onWork: events.onWork,
          }),
          executable,
          images,
          settings,
          {
            pack,
            numClasses: classifier.numClasses,
            imageShape: classifier.imageShape,
          },
          {
            signal,
            now,
            checkpointMs,
            onCheckpoint: (identity, state) =>
              stored.writeCheckpoint(identity, state),
            onStep: (searches) =>
              events.onWork?.(searches * gradientWork * settings.batchSize),
          },
        );
        for await (const finished of running) {
          const began = now();
          // A search that is done is worth its evaluation even when the run is being stopped: it takes seconds.
          const pattern = await recordPattern(finished, {
            job,
            classifier,
            dataset,
            parts,
            predictor,
            evaluation,
            sizes,
            onWork: events.onWork,
          });
          await stored.writePattern(pattern);
          done.set(finished.identity, pattern);
          evaluateMs += now() - began;
          events.onPattern?.(pattern, done.size, identities.length);
        }
      } catch (error) {
        if (!signal.aborted || error instanceof MotifError) throw error;
        wasStopped = true;
      }
      const searchMs = now() - mark - (evaluateMs - evaluatedBefore);
      const result: Result = {
        schemaVersion: 1,
        model: {
          name: classifier.name,
          sha256: classifier.sha256,
          inputShape: classifier.imageShape,
          numClasses: classifier.numClasses,
          cleanAccuracy: measured.accuracy,
          cleanAccuracyImages: measured.n,
          canvasSource: settings.canvasSource,
          groundTruth: classifier.manifest.groundTruth ?? null,
        },
        dataset: {
          name: dataset.name,
          classes: classNames,
          parts: {
            canvas: parts.canvas.length,
            search: parts.search.length,
            evaluate: parts.evaluate.length,
          },
        },
        config: {
          ...settings,
          classes,
          seed: job.seed,
          pack,
          evaluateImages: job.evaluateImages,
          threshold: job.threshold,
        },
        backend: {
          name: backend.name,
          provider: backend.provider,
          threads: backend.threads,
        },
        patterns: identities.flatMap((identity) => done.get(identity) ?? []),
        plannedSearches: identities.length,
        timing: { importMs, compileMs, searchMs, evaluateMs },
      };
      return { result, wasStopped, resumed };
    } finally {
      await executable.dispose();
      await predictor.dispose();
    }
  } finally {
    await dataset.close();
  }
}

/** The numbers that every pattern depends on; how many canvases and seeds there are is not among them. */
function perPattern({
  canvases: _,
  seeds: __,
  ...settings
}: SearchSettings): Omit<SearchSettings, "canvases" | "seeds"> {
  return settings;
}

function describeManifest({ manifest }: Classifier): string {
  const { inputRange, mean, std, layout, channelOrder } = manifest;
  return JSON.stringify({ inputRange, mean, std, layout, channelOrder });
}

/** @throws MotifError "dataset" when model and data set do not agree about the classes */
function nameClasses(
  classifier: Classifier,
  dataset: Dataset,
): readonly string[] {
  const { manifest, numClasses, name } = classifier;
  if (dataset.classes.length !== numClasses) {
    throw new MotifError(
      "dataset",
      `${dataset.name} has ${dataset.classes.length} classes, the model ${name} has ${numClasses}. Use the data set the model was trained for.`,
    );
  }
  const hasNames = dataset.classes.some(
    (className, index) => className !== String(index),
  );
  if (!hasNames) return manifest.classes ?? dataset.classes;
  if (manifest.classes) {
    const differing = manifest.classes.findIndex(
      (className, index) => className !== dataset.classes[index],
    );
    if (differing >= 0) {
      throw new MotifError(
        "dataset",
        `class ${differing} is "${manifest.classes[differing]}" in the manifest of ${name} and "${dataset.classes[differing]}" in ${dataset.name}. ` +
          "Correct the manifest's classes, or the folders' names.",
      );
    }
  }
  return dataset.classes;
}

/** At most `most` of `indices`, evenly spread, so that every class keeps its share. */
function thin(indices: Int32Array, most: number): Int32Array {
  if (indices.length <= most) return indices;
  return Int32Array.from(
    { length: most },
    (_, i) => indices[Math.floor((i * indices.length) / most)],
  );
}

function listSearches(
  job: LocalSearch,
  classes: readonly number[],
  dataset: Dataset,
  parts: Parts,
): SearchIdentity[] {
  const { settings, canvasIndex, seed } = job;
  const identities: SearchIdentity[] = [];
  for (const targetClass of classes) {
    const others = parts.search.filter(
      (index) => dataset.labels[index] !== targetClass,
    ).length;
    if (others < settings.batchSize) {
      throw new MotifError(
        "dataset",
        `${dataset.name}: only ${others} images are left to search class ${targetClass} with, a batch takes ${settings.batchSize}. ` +
          "Add images, or ask for a smaller --batch-size.",
      );
    }
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

interface Surroundings {
  readonly job: LocalSearch;
  readonly classifier: Classifier;
  readonly dataset: Dataset;
  readonly parts: Parts;
  readonly onWork: ((work: number) => void) | undefined;
}

async function* prepareSearches(
  identities: readonly SearchIdentity[],
  {
    job,
    classifier,
    dataset,
    parts,
    stored,
    onWork,
  }: Surroundings & { readonly stored: StoredPatterns },
): AsyncGenerator<Search> {
  const { settings } = job;
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
    const canvas = await readCanvas(
      dataset,
      parts,
      settings.canvasSource,
      targetClass,
      canvasIndex,
    );
    const checkpoint = await stored.readCheckpoint(identity);
    if (checkpoint)
      onWork?.(checkpoint.step * settings.batchSize * gradientWork);
    const start = checkpoint ?? {
      step: 0,
      mask: new Float32Array(pixels).fill(settings.initialMask),
      canvas: Float32Array.from(canvas.pixels, (value) => value / 255),
      loss: NaN,
    };
    yield { identity, start, images, order };
  }
}

async function recordPattern(
  { identity, state, wallMs }: FinishedSearch,
  surroundings: Surroundings & {
    readonly predictor: Predictor;
    readonly evaluation: EvaluationImages;
    readonly sizes: readonly number[];
  },
): Promise<PatternResult> {
  const { job, classifier, predictor, evaluation, sizes, onWork } =
    surroundings;
  const { settings, threshold } = job;
  const ranking = rankPixels(state.mask);
  // What is measured is what the pictures show: canvas values of 8 bits.
  const canvas = Uint8Array.from(state.canvas, (value) =>
    Math.round(value * 255),
  );
  const sourceSize = patternSize(state.mask.length);
  const { curve, bySource } = await measurePower(
    predictor,
    evaluation,
    { targetClass: identity.targetClass, canvas, ranking, sizes, sourceSize },
    onWork ? { onImages: onWork } : {},
  );
  const { targetClass, canvasIndex, seed } = identity;
  const files = await writePatternImages(
    job.outDirectory,
    { classIndex: targetClass, canvasIndex, seed },
    canvas,
    state.mask,
    classifier.imageShape,
  );
  return {
    targetClass,
    canvasIndex,
    seed,
    steps: settings.steps,
    imageGradients: settings.steps * settings.batchSize,
    maskL1: state.mask.reduce((sum, value) => sum + value, 0),
    mask: files.mask,
    images: files.images,
    topPixels: [...ranking.subarray(0, sizes.at(-1))],
    predictivePower: curve,
    sourceToTarget: bySource,
    kStar: kStar(curve, threshold),
    wallMs,
  };
}

/** Where the parts of a run's report are. */
export function reportPath(outDirectory: string): string {
  return join(resolve(outDirectory), "index.html");
}
