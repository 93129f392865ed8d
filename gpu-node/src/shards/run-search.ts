/** A shard of a search: its searches in packs, each measured and drawn as it is done, going on from a checkpoint where there is one. */
import { join } from "node:path";
import { curveSizes } from "../evaluation/power-curve.ts";
import type { PatternResult } from "../report/result.ts";
import {
  runSearches,
  type FinishedSearch,
  type SearchIdentity,
} from "../search/run-searches.ts";
import { checkSettings } from "../search/settings.ts";
import type { OpenedSearch } from "./open-search.ts";
import { prepareSearches } from "./prepare-searches.ts";
import { recordPattern } from "./record-pattern.ts";
import {
  openShardCheckpoint,
  type ShardCheckpoint,
} from "./shard-checkpoint.ts";
import type { ShardContext } from "./shard-context.ts";
import type { PatternOutcome } from "./shard-outcome.ts";
import type { SearchWork } from "./shard-work.ts";

/** Forward passes that a gradient costs, about: it scales the progress. */
const gradientWork = 3;
const checkpointMs = 20_000;

export interface SearchRun {
  readonly patterns: readonly PatternOutcome[];
  readonly searchMs: number;
  readonly evaluateMs: number;
}

/** @throws MotifError "diverged", "storage", "backend"; the signal's reason once a checkpoint was handed over */
export async function runSearchShard(
  work: SearchWork,
  opened: OpenedSearch,
  context: ShardContext,
): Promise<SearchRun> {
  const { settings, pack, searches } = work;
  const { now, signal } = context;
  checkSettings(settings);
  const checkpoint = await openShardCheckpoint(context.checkpointPath);
  const progress = newWorkProgress(work, opened, context);
  const stepsDone = searches.reduce(
    (sum, identity) => sum + (checkpoint.stateOf(identity)?.step ?? 0),
    0,
  );
  progress.add(stepsDone * settings.batchSize * gradientWork);
  const handOver = newHandOver(checkpoint, context);

  const { classifier, images, executable } = opened;
  const { numClasses, imageShape } = classifier;
  const patterns = new Map<SearchIdentity, PatternOutcome>();
  const began = now();
  let evaluateMs = 0;
  const running = runSearches(
    prepareSearches(searches, {
      ...{ classifier, settings },
      ...{ dataset: opened.dataset, parts: opened.parts },
      readCheckpoint: async (identity) => checkpoint.stateOf(identity),
    }),
    executable,
    images,
    settings,
    { pack, numClasses, imageShape },
    {
      ...{ signal, now, checkpointMs },
      onCheckpoint: async (identity, state) => {
        checkpoint.keep(identity, state);
        // Told slot by slot: the file is written once they have all been told.
        handOver.isDue = true;
      },
      onStep: (count) => {
        progress.add(count * gradientWork * settings.batchSize);
        handOver.inBackground();
      },
    },
  );
  try {
    for await (const finished of running) {
      checkpoint.keep(finished.identity, finished.state);
      const mark = now();
      const pattern = await measure(finished, work, opened, context, progress);
      patterns.set(finished.identity, pattern);
      evaluateMs += now() - mark;
    }
  } catch (error) {
    await handOver.settled();
    if (signal.aborted) await handOver.now();
    throw error;
  }
  await handOver.settled();
  return {
    patterns: searches.map((identity) => patterns.get(identity)!),
    searchMs: now() - began - evaluateMs,
    evaluateMs,
  };
}

async function measure(
  finished: FinishedSearch,
  work: SearchWork,
  opened: OpenedSearch,
  { workDirectory }: ShardContext,
  progress: WorkProgress,
): Promise<PatternOutcome> {
  const { classifier, predictor, evaluation } = opened;
  const [, height, width] = classifier.imageShape;
  const pattern = await recordPattern(finished, {
    job: {
      settings: work.settings,
      threshold: work.threshold,
      outDirectory: workDirectory,
    },
    ...{ classifier, predictor, evaluation },
    sizes: curveSizes(height * width),
    onImages: (count) => progress.add(count),
  });
  return withPaths(pattern, workDirectory);
}

function withPaths(
  { targetClass, canvasIndex, seed, images, ...pattern }: PatternResult,
  directory: string,
): PatternOutcome {
  return {
    ...pattern,
    identity: { targetClass, canvasIndex, seed },
    mask: join(directory, pattern.mask),
    canvas: join(directory, images.canvas),
    pattern: join(directory, images.pattern),
    heatmap: join(directory, images.heatmap),
  };
}

interface WorkProgress {
  /** Images passed through the model, a gradient counting as three. */
  add(images: number): void;
}

function newWorkProgress(
  { settings, searches }: SearchWork,
  { classifier, dataset, evaluation }: OpenedSearch,
  { onProgress }: ShardContext,
): WorkProgress {
  const [, height, width] = classifier.imageShape;
  const sizes = curveSizes(height * width).length;
  const total = searches.reduce(
    (sum, { targetClass }) =>
      sum +
      gradientWork * settings.steps * settings.batchSize +
      sizes *
        evaluation.indices.reduce(
          (count, index) =>
            count + Number(dataset.labels[index] !== targetClass),
          0,
        ),
    0,
  );
  let done = 0;
  return {
    add(images) {
      done += images;
      onProgress(Math.min(1, done / total));
    },
  };
}

interface HandOver {
  /** Whether there is something newer than what was handed over last. */
  isDue: boolean;
  /** Writes and hands over beside the search, one at a time; what fails is made up for by the next. */
  inBackground(): void;
  now(): Promise<void>;
  settled(): Promise<void>;
}

function newHandOver(
  checkpoint: ShardCheckpoint,
  { workDirectory, onCheckpoint }: ShardContext,
): HandOver {
  let count = 0;
  let running: Promise<void> | null = null;
  const write = async () => {
    // A name of its own: the one before may still be on its way.
    const path = join(workDirectory, `checkpoint-${count++}`);
    await checkpoint.write(path);
    await onCheckpoint(path);
  };
  return {
    isDue: false,
    inBackground() {
      if (!this.isDue || running) return;
      this.isDue = false;
      running = write()
        .catch(() => undefined)
        .finally(() => (running = null));
    },
    now: write,
    settled: async () => void (await running),
  };
}
