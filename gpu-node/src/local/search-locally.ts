/**
 * `motif search --local`: one model, one data set, this process. Opens and checks both, runs every search that is not in
 * the output folder yet, and gives the result; patterns and pictures are on disk as soon as each is done.
 */
import { openClassifier, type Classifier } from "../classifier/classifier.ts";
import type { Dataset } from "../data/index.ts";
import { MotifError } from "../motif-error.ts";
import { meanSeedOverlap } from "../report/overlap.ts";
import type { PatternResult, Result } from "../report/result.ts";
import { openImageSource } from "../search/image-source.ts";
import type { SearchIdentity } from "../search/run-searches.ts";
import { checkSettings, type SearchSettings } from "../search/settings.ts";
import { nameClasses } from "../shards/class-names.ts";
import { choosePack, compileSearch } from "../shards/compile-search.ts";
import { measureModel, type ModelAccuracy } from "../shards/model-accuracy.ts";
import {
  openSplitDataset,
  type SplitDataset,
} from "../shards/search-inputs.ts";
import {
  openEvaluation,
  searchPatterns,
  workOf,
  type OpenSearch,
} from "../shards/search-patterns.ts";
import { parseClassList } from "./class-list.ts";
import type {
  LocalSearch,
  LocalSearchEvents,
  LocalSearchOutcome,
} from "./local-search.ts";
import { countShortOfCanvases, listSearches } from "./plan-searches.ts";
import {
  checkWritable,
  openStoredPatterns,
  type StoredPatterns,
} from "./stored-patterns.ts";

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
  const split = await openSplitDataset(classifier, job.datasetPath, {
    signal,
    ...(job.split !== undefined && { split: job.split }),
    ...(events.onDecoded && { onProgress: events.onDecoded }),
    ...(job.cacheDirectory !== undefined && { cacheDir: job.cacheDirectory }),
  });
  const { dataset, parts } = split;
  try {
    const classNames = nameClasses(classifier, dataset);
    const identities = listSearches(job, classes, dataset, parts);
    const short =
      job.canvasIndex === undefined
        ? countShortOfCanvases(identities, job.settings.canvases)
        : 0;
    if (short > 0)
      events.onWarning?.(
        `${dataset.name}: of ${short} of ${classes.length} classes there are fewer images to serve as canvas than were asked for; all that there are are used. ` +
          "--canvas-source noise makes as many as are asked for.",
      );
    const pack =
      job.pack ?? choosePack(classifier.imageShape, job.settings.batchSize);
    const stored = await openStoredPatterns(
      job.outDirectory,
      describeJob(job, classifier, dataset, pack),
    );
    const opened = { ...split, job, classifier, pack, stored };
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
interface OpenedJob extends SplitDataset {
  readonly job: LocalSearch;
  readonly classifier: Classifier;
  readonly pack: number;
  readonly stored: StoredPatterns;
}

interface Done {
  readonly cleanAccuracy: ModelAccuracy;
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
  const { settings } = job;
  const { signal, now, events = {} } = options;
  events.onPhase?.("Compiling");
  let mark = now();
  const compiled = await compileSearch(classifier, job.backend, settings, pack);
  try {
    const compileMs = now() - mark;

    events.onPhase?.("Measuring the clean accuracy");
    mark = now();
    const { predictor } = compiled;
    const cleanAccuracy = await measureModel(
      classifier,
      job.modelPath,
      dataset,
      predictor,
      { signal },
    );
    if (cleanAccuracy.warning !== null)
      events.onWarning?.(cleanAccuracy.warning);
    const most = job.evaluateImages;
    const evaluation = await openEvaluation(opened, predictor, most, signal);
    const checkMs = now() - mark;

    const patterns = new Map<SearchIdentity, PatternResult>();
    for (const identity of identities) {
      const pattern = await stored.readPattern(identity);
      if (pattern) patterns.set(identity, pattern);
    }
    const resumed = patterns.size;
    const search = {
      classifier,
      dataset,
      parts,
      evaluation,
      compiled,
      settings,
      pack,
      threshold: job.threshold,
      directory: job.outDirectory,
    };
    const searched = await searchRemaining(
      search,
      identities,
      patterns,
      stored,
      options,
    );
    const { wasStopped, failure, searchMs } = searched;
    const evaluateMs = checkMs + searched.evaluateMs;
    const timing = { compileMs, searchMs, evaluateMs };
    return { cleanAccuracy, patterns, timing, wasStopped, failure, resumed };
  } finally {
    await compiled.dispose();
  }
}

/** Runs the searches that `patterns` lacks and adds each as it is done. */
async function searchRemaining(
  unread: Omit<OpenSearch, "images">,
  identities: readonly SearchIdentity[],
  patterns: Map<SearchIdentity, PatternResult>,
  stored: StoredPatterns,
  { signal, now, events = {} }: LocalSearchOptions,
): Promise<{
  readonly wasStopped: boolean;
  readonly failure: MotifError | null;
  readonly searchMs: number;
  readonly evaluateMs: number;
}> {
  const remaining = identities.filter((identity) => !patterns.has(identity));
  events.onPlanned?.(
    remaining.reduce((sum, identity) => sum + workOf(identity, unread), 0),
  );
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
    const { dataset, parts } = unread;
    const images = await openImageSource(dataset, parts.search);
    const search = { ...unread, images };
    // A search that is done is worth its evaluation even when the run is being stopped: it takes seconds.
    const found = searchPatterns(remaining, search, {
      signal,
      now,
      startOf: (identity) => stored.readCheckpoint(identity),
      async onCheckpoint(searches) {
        for (const { identity, state } of searches)
          await stored.writeCheckpoint(identity, state);
      },
      onWork: events.onWork,
    });
    for await (const { identity, pattern, evaluateMs: tookMs } of found) {
      const mark = now();
      await stored.writePattern(pattern);
      patterns.set(identity, pattern);
      evaluateMs += tookMs + now() - mark;
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
