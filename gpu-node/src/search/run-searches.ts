/**
 * The search itself: sign steps on masks, S searches side by side in one executable (METHOD: "The search").
 *
 * A pack always has S slots. A slot whose search is done takes the next one; slots without a search run on zeros. The
 * arithmetic of a search never meets that of its neighbours, so its bytes do not depend on them.
 */
import type { Executable } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import type { BatchOrder } from "./batch-order.ts";
import type { ImageSource } from "./image-source.ts";
import { traceStep, tracedSteps, type SearchTrace } from "./search-trace.ts";
import type { SearchSettings } from "./settings.ts";

/** What a search is of: one class, one canvas, one seed. */
export interface SearchIdentity {
  readonly targetClass: number;
  readonly canvasIndex: number;
  readonly seed: number;
}

/** How far a search has come: all that is needed to go on from there. */
export interface SearchState {
  /** Steps done. */
  readonly step: number;
  /** [H·W] in 0…1. */
  readonly mask: Float32Array;
  /** [C·H·W] in 0…1. */
  readonly canvas: Float32Array;
  /** Of the last step's batch, before that step; NaN before the first. */
  readonly loss: number;
  /** Of the steps done. */
  readonly trace: SearchTrace;
}

export interface Search {
  readonly identity: SearchIdentity;
  readonly start: SearchState;
  /** Data set indices of the images it may see. */
  readonly images: Int32Array;
  readonly order: BatchOrder;
}

export interface FinishedSearch {
  readonly identity: SearchIdentity;
  readonly state: SearchState;
  /** Time that its steps took, divided by the number of searches that shared them. */
  readonly wallMs: number;
}

/** A search under way. */
export interface UnfinishedSearch {
  readonly identity: SearchIdentity;
  readonly state: SearchState;
}

export interface PackShape {
  readonly pack: number;
  readonly numClasses: number;
  /** [C, H, W]. */
  readonly imageShape: readonly [number, number, number];
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
  /** Told after each step how many searches took it. */
  readonly onStep?: (searches: number) => void;
  /** Given every search under way when the run is stopped or left, and every `checkpointMs` before. */
  readonly onCheckpoint?: (
    searches: readonly UnfinishedSearch[],
  ) => Promise<void>;
  readonly checkpointMs?: number;
}

interface Slot {
  readonly search: Search;
  readonly mask: Float32Array;
  readonly canvas: Float32Array;
  step: number;
  loss: number;
  trace: SearchTrace;
  wallMs: number;
}

/**
 * Runs searches through a step graph (step-graph.ts), in order, and gives each as it is done.
 * @param executable of `buildStepGraph` with the same pack, batch size and alpha, its canvas gradient for the source `free`
 * @throws MotifError "diverged" naming class and canvas when a loss is not finite; the signal's reason when it is aborted
 */
export async function* runSearches(
  searches: Iterable<Search> | AsyncIterable<Search>,
  executable: Executable,
  images: ImageSource,
  settings: SearchSettings,
  shape: PackShape,
  options: RunOptions,
): AsyncGenerator<FinishedSearch> {
  const { pack, numClasses, imageShape } = shape;
  const pixels = imageShape[1] * imageShape[2];
  const imageSize = imageShape[0] * pixels;
  const waiting = toAsync(searches);
  const slots = new Array<Slot | null>(pack).fill(null);
  const traced = tracedSteps(settings.steps);
  const feeds = {
    masks: new Float32Array(pack * pixels),
    canvases: new Float32Array(pack * imageSize),
    images: new Float32Array(pack * settings.batchSize * imageSize),
    targets: new Float32Array(pack * numClasses),
  };
  const fill = async (index: number) => {
    const next = await waiting.next();
    feeds.targets.fill(0, index * numClasses, (index + 1) * numClasses);
    if (next.done) {
      slots[index] = null;
      feeds.masks.fill(0, index * pixels, (index + 1) * pixels);
      feeds.canvases.fill(0, index * imageSize, (index + 1) * imageSize);
      feeds.images.fill(
        0,
        index * settings.batchSize * imageSize,
        (index + 1) * settings.batchSize * imageSize,
      );
      return;
    }
    const { start, identity } = next.value;
    const mask = feeds.masks.subarray(index * pixels, (index + 1) * pixels);
    const canvas = feeds.canvases.subarray(
      index * imageSize,
      (index + 1) * imageSize,
    );
    mask.set(start.mask);
    canvas.set(start.canvas);
    feeds.targets[index * numClasses + identity.targetClass] = 1;
    slots[index] = {
      search: next.value,
      mask,
      canvas,
      step: start.step,
      loss: start.loss,
      trace: start.trace,
      wallMs: 0,
    };
  };
  const stateOf = (slot: Slot): SearchState => ({
    step: slot.step,
    mask: slot.mask.slice(),
    canvas: slot.canvas.slice(),
    loss: slot.loss,
    trace: slot.trace,
  });
  const checkpoint = async () => {
    await options.onCheckpoint?.(
      slots
        .filter((slot) => slot !== null)
        .map((slot) => ({
          identity: slot.search.identity,
          state: stateOf(slot),
        })),
    );
  };

  for (let index = 0; index < pack; index++) await fill(index);
  let lastCheckpoint = options.now();
  for (;;) {
    for (const [index, slot] of slots.entries()) {
      if (!slot || slot.step < settings.steps) continue;
      let isTaken = false;
      try {
        yield {
          identity: slot.search.identity,
          state: stateOf(slot),
          wallMs: slot.wallMs,
        };
        isTaken = true;
      } finally {
        // Whoever leaves in the midst of a finished search has not made use of it: it is kept like those under way.
        if (!isTaken) await checkpoint();
      }
      await fill(index);
    }
    const active = slots.filter((slot) => slot !== null);
    if (active.length === 0) return;
    if (active.some((slot) => slot.step >= settings.steps)) continue;
    if (options.signal?.aborted) {
      await checkpoint();
      options.signal.throwIfAborted();
    }
    const began = options.now();
    for (const [index, slot] of slots.entries()) {
      if (!slot) continue;
      const chosen = slot.search.order
        .positionsAt(slot.step)
        .map((position) => slot.search.images[position]);
      await images.read(
        chosen,
        feeds.images,
        index * settings.batchSize * imageSize,
      );
    }
    const [losses, , maskGradients, canvasGradients] =
      await executable.run(feeds);
    for (const [index, slot] of slots.entries()) {
      if (!slot) continue;
      slot.loss = losses.data[index]!;
      if (!Number.isFinite(slot.loss)) throw divergence(slot);
      signStep(
        slot.mask,
        maskGradients.data,
        index * pixels,
        settings.stepSize,
      );
      if (canvasGradients)
        signStep(
          slot.canvas,
          canvasGradients.data,
          index * imageSize,
          settings.canvasStepSize,
        );
      slot.step++;
      if (traced.has(slot.step)) slot.trace = traceStep(slot.trace, slot);
    }
    const elapsed = options.now() - began;
    for (const slot of active) slot.wallMs += elapsed / active.length;
    options.onStep?.(active.length);
    if (options.now() - lastCheckpoint >= (options.checkpointMs ?? Infinity)) {
      lastCheckpoint = options.now();
      await checkpoint();
    }
  }
}

async function* toAsync<T>(
  values: Iterable<T> | AsyncIterable<T>,
): AsyncGenerator<T, undefined> {
  yield* values;
  return undefined;
}

function divergence({ search, step, loss }: Slot): MotifError {
  const { targetClass, canvasIndex } = search.identity;
  return new MotifError(
    "diverged",
    `class ${targetClass}, canvas ${canvasIndex}: the loss is ${loss} at step ${step}. The model gives numbers that are not finite for ` +
      "images in its range: check inputRange, mean and std, and the model's weights.",
  );
}

/** values ← clip01(values − size·sign(gradient)). */
function signStep(
  values: Float32Array,
  gradient: ArrayLike<number>,
  offset: number,
  size: number,
): void {
  for (let i = 0; i < values.length; i++) {
    const moved = values[i] - size * Math.sign(gradient[offset + i]);
    values[i] = moved < 0 ? 0 : moved > 1 ? 1 : moved;
  }
}
