/**
 * From searches to patterns: what a search on one machine and a shard of a cluster both run. A pattern's bytes depend on
 * model, data set, settings, pack and backend, and never on which other searches are run with it.
 */
import type { Classifier } from "../classifier/classifier.ts";
import { thin } from "../data/index.ts";
import { predictImages } from "../evaluation/clean-accuracy.ts";
import type { EvaluationImages } from "../evaluation/measure-power.ts";
import { curveSizes } from "../evaluation/power-curve.ts";
import type { Predictor } from "../evaluation/predict.ts";
import type { PatternResult } from "../report/result.ts";
import { newBatchOrder } from "../search/batch-order.ts";
import { readCanvas } from "../search/canvases.ts";
import type { ImageSource } from "../search/image-source.ts";
import {
  runSearches,
  type Search,
  type SearchIdentity,
  type SearchState,
  type UnfinishedSearch,
} from "../search/run-searches.ts";
import { emptyTrace, type SearchTrace } from "../search/search-trace.ts";
import type { SearchSettings } from "../search/settings.ts";
import type { CompiledSearch } from "./compile-search.ts";
import { recordPattern } from "./record-pattern.ts";
import { listSearchImages, type SplitDataset } from "./search-inputs.ts";

/** Forward passes that a gradient costs, about. */
const gradientWork = 3;
const checkpointMs = 20_000;

/** Everything that is open when searches begin. */
export interface OpenSearch extends SplitDataset {
  readonly classifier: Classifier;
  /** Of the search part. */
  readonly images: ImageSource;
  readonly evaluation: EvaluationImages;
  readonly compiled: Pick<CompiledSearch, "predictor" | "executable">;
  readonly settings: SearchSettings;
  readonly pack: number;
  readonly threshold: number;
  /** Where masks and pictures are written. */
  readonly directory: string;
}

export interface SearchPatternsOptions {
  /** Stops between two steps, after a last checkpoint. */
  readonly signal: AbortSignal;
  /** Stops in the midst of an evaluation too, after a last checkpoint that has the evaluated search whole. */
  readonly evaluationSignal?: AbortSignal;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
  /** Where an earlier run left a search; null where it begins. */
  startOf(identity: SearchIdentity): Promise<SearchState | null>;
  onCheckpoint(searches: readonly UnfinishedSearch[]): Promise<void>;
  /** Told of work as it is done, or found done: see `workOf`. */
  readonly onWork?: ((work: number) => void) | undefined;
}

export interface FoundPattern {
  readonly identity: SearchIdentity;
  /** Paths relative to the directory. */
  readonly pattern: PatternResult;
  readonly trace: SearchTrace;
  readonly evaluateMs: number;
}

/** The images that patterns are tried on, with what the model says of them as they are. */
export async function openEvaluation(
  { dataset, parts }: SplitDataset,
  predictor: Predictor,
  most: number,
  signal: AbortSignal,
): Promise<EvaluationImages> {
  const indices = thin(parts.evaluate, most);
  const predictions = await predictImages(predictor, dataset, indices, {
    signal,
  });
  return { dataset, indices, predictions };
}

/** Images that a search passes through the model, evaluation included, a gradient counting as three. */
export function workOf(
  { targetClass }: SearchIdentity,
  search: Pick<
    OpenSearch,
    "classifier" | "dataset" | "evaluation" | "settings"
  >,
): number {
  const { settings, evaluation, dataset, classifier } = search;
  const tried = evaluation.indices.reduce(
    (sum, index) => sum + Number(dataset.labels[index] !== targetClass),
    0,
  );
  return (
    gradientWork * settings.steps * settings.batchSize +
    sizesOf(classifier).length * tried
  );
}

const sizesOf = ({ imageShape }: Pick<Classifier, "imageShape">) =>
  curveSizes(imageShape[1] * imageShape[2]);

/**
 * Runs the searches in order, and gives each pattern once its files are written.
 * @throws MotifError "diverged", "dataset", "usage", "backend" or "storage"; the signal's reason when aborted
 */
export async function* searchPatterns(
  identities: readonly SearchIdentity[],
  search: OpenSearch,
  options: SearchPatternsOptions,
): AsyncGenerator<FoundPattern> {
  const { classifier, compiled, evaluation, settings, pack } = search;
  const { signal, evaluationSignal, now, onWork } = options;
  const running = runSearches(
    prepareSearches(identities, search, options),
    compiled.executable,
    search.images,
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
      onCheckpoint: (searches) => options.onCheckpoint(searches),
      onStep: (searches) =>
        onWork?.(searches * gradientWork * settings.batchSize),
    },
  );
  for await (const finished of running) {
    const began = now();
    const pattern = await recordPattern(finished, {
      settings,
      threshold: search.threshold,
      directory: search.directory,
      classifier,
      predictor: compiled.predictor,
      evaluation,
      sizes: sizesOf(classifier),
      onImages: onWork,
      signal: evaluationSignal,
    });
    const evaluateMs = now() - began;
    const { identity, state } = finished;
    yield { identity, pattern, trace: state.trace, evaluateMs };
  }
}

/** Searches as the pack asks for them, each from where it was left. */
async function* prepareSearches(
  identities: readonly SearchIdentity[],
  search: OpenSearch,
  options: SearchPatternsOptions,
): AsyncGenerator<Search> {
  const { classifier, dataset, parts, settings } = search;
  const pixels = classifier.imageShape[1] * classifier.imageShape[2];
  for (const identity of identities) {
    const { targetClass, canvasIndex, seed } = identity;
    const images = listSearchImages(search, targetClass, settings.batchSize);
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
    const left = await options.startOf(identity);
    if (left) options.onWork?.(left.step * settings.batchSize * gradientWork);
    const start = left ?? {
      step: 0,
      mask: new Float32Array(pixels).fill(settings.initialMask),
      canvas: Float32Array.from(canvas.pixels, (value) => value / 255),
      loss: NaN,
      trace: emptyTrace,
    };
    yield { identity, start, images, order };
  }
}
