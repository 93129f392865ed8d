/**
 * `motif search --local`: one model, one data set, this process. Opens and checks both, runs every search that is not in
 * the output folder yet, and gives the result; patterns and pictures are on disk as soon as each is done.
 */
import { resolve } from "node:path";
import { openClassifier, type Classifier } from "../classifier/classifier.ts";
import { openDataset, type Dataset, type Parts } from "../data/index.ts";
import type { Executable } from "../engine/index.ts";
import {
  predictImages,
  type CleanAccuracy,
} from "../evaluation/clean-accuracy.ts";
import type { EvaluationImages } from "../evaluation/measure-power.ts";
import { curveSizes } from "../evaluation/power-curve.ts";
import { compilePredictor, type Predictor } from "../evaluation/predict.ts";
import { MotifError } from "../motif-error.ts";
import { meanSeedOverlap } from "../report/overlap.ts";
import type { PatternResult, Result } from "../report/result.ts";
import { openImageSource } from "../search/image-source.ts";
import { runSearches, type SearchIdentity } from "../search/run-searches.ts";
import { checkSettings, type SearchSettings } from "../search/settings.ts";
import { buildStepGraph } from "../search/step-graph.ts";
import { nameClasses } from "../shards/class-names.ts";
import { partsOf, thin } from "../shards/dataset-parts.ts";
import { measureDeclared } from "../shards/declared-accuracy.ts";
import { prepareSearches } from "../shards/prepare-searches.ts";
import { recordPattern } from "../shards/record-pattern.ts";
import { parseClassList } from "./class-list.ts";
import type {
  LocalSearch,
  LocalSearchEvents,
  LocalSearchOutcome,
} from "./local-search.ts";
import { choosePack, listSearches } from "./plan-searches.ts";
import {
  checkWritable,
  openStoredPatterns,
  type StoredPatterns,
} from "./stored-patterns.ts";

/** Forward passes that a gradient costs, about: it scales the progress bar. */
const gradientWork = 3;
const checkpointMs = 20_000;

export interface LocalSearchOptions {
  readonly signal: AbortSignal;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
  readonly events?: LocalSearchEvents;
}

/**
 * @throws MotifError whatever is wrong with model, data set, settings or folder, before any search starts; what goes wrong
 * later is the outcome's `failure`, beside what was done
 */
export async function searchLocally(
  job: LocalSearch,
  options: LocalSearchOptions,
): Promise<LocalSearchOutcome> {
  const { signal, now, events = {} } = options;
  checkSettings(job.settings);
  await checkWritable(job.outDirectory);

  events.onPhase?.("Reading the model");
  const began = now();
  const classifier = await openClassifier(job.modelPath, job.manifestPath);
  const importMs = now() - began;
  for (const warning of classifier.warnings) events.onWarning?.(warning);
  const classes = parseClassList(job.classes, classifier.numClasses);

  events.onPhase?.("Reading the data set");
  const dataset = await openDataset(resolve(job.datasetPath), {
    imageShape: classifier.imageShape,
    numClasses: classifier.numClasses,
    signal,
    ...(job.split !== undefined && { split: job.split }),
    ...(events.onDecoded && { onProgress: events.onDecoded }),
    ...(job.cacheDirectory !== undefined && { cacheDir: job.cacheDirectory }),
  });
  try {
    const classNames = nameClasses(classifier, dataset);
    const parts = partsOf(dataset, classifier.numClasses);
    const identities = listSearches(job, classes, dataset, parts);
    const pack =
      job.pack ?? choosePack(classifier.imageShape, job.settings.batchSize);
    const stored = await openStoredPatterns(
      job.outDirectory,
      describeJob(job, classifier, dataset, pack),
    );
    const opened = { job, classifier, dataset, parts, pack, stored };
    const done = await runOpened(opened, identities, options);
    const { settings, backend } = job;
    const patterns = identities.flatMap(
      (identity) => done.patterns.get(identity) ?? [],
    );
    const [, height, width] = classifier.imageShape;
    const result: Result = {
      schemaVersion: 1,
      model: {
        name: classifier.name,
        sha256: classifier.sha256,
        inputShape: classifier.imageShape,
        numClasses: classifier.numClasses,
        cleanAccuracy: done.cleanAccuracy.accuracy,
        cleanAccuracyImages: done.cleanAccuracy.n,
        seedOverlap: meanSeedOverlap(patterns, height * width),
        canvasSource: settings.canvasSource,
        groundTruth: classifier.manifest.groundTruth ?? null,
      },
      dataset: {
        name: job.datasetName ?? dataset.name,
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
      patterns,
      plannedSearches: identities.length,
      timing: { importMs, ...done.timing },
    };
    const { wasStopped, failure, resumed } = done;
    return { result, wasStopped, failure, resumed };
  } finally {
    await dataset.close();
  }
}

/** A job whose model, data set and folder are open and agree. */
interface OpenedJob {
  readonly job: LocalSearch;
  readonly classifier: Classifier;
  readonly dataset: Dataset;
  readonly parts: Parts;
  readonly pack: number;
  readonly stored: StoredPatterns;
}

interface Done {
  readonly cleanAccuracy: CleanAccuracy;
  readonly patterns: ReadonlyMap<SearchIdentity, PatternResult>;
  readonly timing: Omit<Result["timing"], "importMs">;
  readonly wasStopped: boolean;
  readonly failure: MotifError | null;
  readonly resumed: number;
}

/** Compiles, holds the model against its declaration, and searches. */
async function runOpened(
  opened: OpenedJob,
  identities: readonly SearchIdentity[],
  options: LocalSearchOptions,
): Promise<Done> {
  const { job, classifier, dataset, parts, pack, stored } = opened;
  const { settings, backend } = job;
  const { signal, now, events = {} } = options;
  events.onPhase?.("Compiling");
  let mark = now();
  const predictor = await compilePredictor(
    classifier,
    backend,
    pack * settings.batchSize,
  );
  let executable: Executable | undefined;
  try {
    executable = await backend.compile(
      buildStepGraph(classifier, {
        pack,
        batchSize: settings.batchSize,
        alpha: settings.alpha,
        withCanvasGradient: settings.canvasSource === "free",
      }),
    );
    const compileMs = now() - mark;

    events.onPhase?.("Measuring the clean accuracy");
    mark = now();
    const cleanAccuracy = await measureDeclared(
      job.modelPath,
      classifier,
      dataset,
      predictor,
      { signal, onWarning: events.onWarning },
    );
    const indices = thin(parts.evaluate, job.evaluateImages);
    const evaluation: EvaluationImages = {
      dataset,
      indices,
      predictions: await predictImages(predictor, dataset, indices, { signal }),
    };
    const checkMs = now() - mark;

    const patterns = new Map<SearchIdentity, PatternResult>();
    for (const identity of identities) {
      const pattern = await stored.readPattern(identity);
      if (pattern) patterns.set(identity, pattern);
    }
    const resumed = patterns.size;
    const searched = await searchRemaining(
      opened,
      identities,
      patterns,
      { predictor, executable, evaluation },
      options,
    );
    const { wasStopped, failure, searchMs } = searched;
    const evaluateMs = checkMs + searched.evaluateMs;
    const timing = { compileMs, searchMs, evaluateMs };
    return { cleanAccuracy, patterns, timing, wasStopped, failure, resumed };
  } finally {
    await executable?.dispose();
    await predictor.dispose();
  }
}

interface Compiled {
  readonly predictor: Predictor;
  readonly executable: Executable;
  readonly evaluation: EvaluationImages;
}

/** Runs the searches that `patterns` lacks and adds each as it is done. */
async function searchRemaining(
  opened: OpenedJob,
  identities: readonly SearchIdentity[],
  patterns: Map<SearchIdentity, PatternResult>,
  { predictor, executable, evaluation }: Compiled,
  { signal, now, events = {} }: LocalSearchOptions,
): Promise<{
  readonly wasStopped: boolean;
  readonly failure: MotifError | null;
  readonly searchMs: number;
  readonly evaluateMs: number;
}> {
  const { job, classifier, dataset, parts, pack, stored } = opened;
  const { settings } = job;
  const remaining = identities.filter((identity) => !patterns.has(identity));
  const sizes = curveSizes(classifier.imageShape[1] * classifier.imageShape[2]);
  const evaluationWork = (targetClass: number) =>
    sizes.length *
    evaluation.indices.reduce(
      (sum, index) => sum + Number(dataset.labels[index] !== targetClass),
      0,
    );
  const searchWork = gradientWork * settings.steps * settings.batchSize;
  const work = remaining.reduce(
    (sum, { targetClass }) => sum + searchWork + evaluationWork(targetClass),
    0,
  );
  events.onPlanned?.(work);
  events.onPhase?.("Searching");
  const began = now();
  let evaluateMs = 0;
  const ended = (wasStopped: boolean, failure: MotifError | null) => ({
    wasStopped,
    failure,
    searchMs: now() - began - evaluateMs,
    evaluateMs,
  });
  try {
    const running = runSearches(
      prepareSearches(remaining, {
        ...{ classifier, dataset, parts, settings },
        readCheckpoint: async (identity) => {
          const checkpoint = await stored.readCheckpoint(identity);
          if (checkpoint)
            events.onWork?.(
              checkpoint.step * settings.batchSize * gradientWork,
            );
          return checkpoint;
        },
      }),
      executable,
      await openImageSource(dataset, parts.search),
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
      const mark = now();
      // A search that is done is worth its evaluation even when the run is being stopped: it takes seconds.
      const pattern = await recordPattern(finished, {
        job,
        classifier,
        predictor,
        evaluation,
        sizes,
        onImages: events.onWork,
      });
      await stored.writePattern(pattern);
      patterns.set(finished.identity, pattern);
      evaluateMs += now() - mark;
      events.onPattern?.(pattern, patterns.size, identities.length);
    }
  } catch (error) {
    if (error instanceof MotifError) return ended(false, error);
    if (signal.aborted) return ended(true, null);
    throw error;
  }
  return ended(false, null);
}

/** Everything that a pattern's bytes depend on, apart from class, canvas and seed. */
function describeJob(
  job: LocalSearch,
  classifier: Classifier,
  dataset: Dataset,
  pack: number,
): Readonly<Record<string, unknown>> {
  const { inputRange, mean, std, layout, channelOrder } = classifier.manifest;
  const { canvases: _canvases, seeds: _seeds, ...settings } = job.settings;
  return {
    model: classifier.sha256,
    manifest: JSON.stringify({ inputRange, mean, std, layout, channelOrder }),
    dataset: dataset.digest,
    split: job.split ?? null,
    ...(settings satisfies Omit<SearchSettings, "canvases" | "seeds">),
    pack,
    evaluateImages: job.evaluateImages,
    threshold: job.threshold,
    backend: job.backend.name,
    provider: job.backend.provider,
    threads: job.backend.threads,
  };
}
