/**
 * Searches answers: S questions about one kind of perturbation side by side, by sign steps on its variables. A pack always has S places,
 * so that a question's bytes do not depend on its neighbours, and any question can go on from where it was left.
 */
import type { Dataset } from "../data/index.ts";
import type { Executable } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import { newBatchOrder } from "../search/batch-order.ts";
import type { ImageSource } from "../search/image-source.ts";
import type { Perturbation } from "./perturbations/perturbation.ts";
import {
  describeQuestion,
  type Question,
  type QuestionState,
} from "./question.ts";

export interface AskedModel {
  readonly numClasses: number;
  /** [C, H, W]. */
  readonly imageShape: readonly [number, number, number];
  readonly dataset: Pick<Dataset, "labels">;
  /** Data set indices of the images that may be seen. */
  readonly searchImages: Int32Array;
  readonly images: ImageSource;
}

export interface AskedQuestion {
  readonly question: Question;
  /** Where it begins, or was left. */
  readonly state: QuestionState;
}

export interface AskOptions {
  readonly pack: number;
  readonly batchSize: number;
  /** Steps in all, those of the state included. */
  readonly steps: number;
  readonly signal?: AbortSignal;
  /** Told after each step how many questions took it. */
  readonly onStep?: (questions: number) => void;
}

/**
 * @param asked about `perturbation` all, in any number @param executable of `buildQuestionGraph` for the same pack and batch size
 * @returns where each stands after `steps`, in their order
 * @throws MotifError "diverged" naming the question when a loss is not finite; the signal's reason when aborted
 */
export async function askQuestions(
  asked: readonly AskedQuestion[],
  model: AskedModel,
  perturbation: Perturbation,
  executable: Executable,
  options: AskOptions,
): Promise<QuestionState[]> {
  const found: QuestionState[] = [];
  for (let start = 0; start < asked.length; start += options.pack)
    found.push(
      ...(await askPack(
        asked.slice(start, start + options.pack),
        model,
        perturbation,
        executable,
        options,
      )),
    );
  return found;
}

/** One question's place in the feeds. */
interface Place {
  readonly question: Question;
  readonly imagesFor: (step: number) => Int32Array;
  readonly variables: readonly Float32Array[];
  step: number;
  crossEntropy: number;
}

async function askPack(
  asked: readonly AskedQuestion[],
  model: AskedModel,
  perturbation: Perturbation,
  executable: Executable,
  { pack, batchSize, steps, signal, onStep }: AskOptions,
): Promise<QuestionState[]> {
  const { imageShape, numClasses, images } = model;
  const imageSize = imageShape[0] * imageShape[1] * imageShape[2];
  const feeds: Record<string, Float32Array> = {
    images: new Float32Array(pack * batchSize * imageSize),
    // An idle place wants every class: its loss is nothing, and nothing of it is used.
    wanted: new Float32Array(pack * batchSize * numClasses).fill(1),
  };
  for (const { name, shape } of perturbation.variables)
    feeds[name] = new Float32Array(pack * sizeOf(shape));
  const places = asked.map(({ question, state }, at): Place => {
    const variables = perturbation.variables.map(({ name, shape }, i) => {
      const size = sizeOf(shape);
      const values = feeds[name].subarray(at * size, (at + 1) * size);
      values.set(state.variables[i]);
      return values;
    });
    const imagesFor = orderImages(question, model, batchSize);
    return { question, imagesFor, variables, ...progressOf(state) };
  });
  for (;;) {
    const active = places.filter(({ step }) => step < steps).length;
    if (active === 0) break;
    signal?.throwIfAborted();
    for (const [at, place] of places.entries()) {
      const chosen = place.imagesFor(place.step);
      await images.read(chosen, feeds.images, at * batchSize * imageSize);
      chosen.forEach((image, i) => {
        const row = (at * batchSize + i) * numClasses;
        writeWanted(
          feeds.wanted.subarray(row, row + numClasses),
          place.question.targetClass,
          model.dataset.labels[image],
        );
      });
    }
    const [, crossEntropy, ...gradients] = await executable.run(feeds);
    for (const [at, place] of places.entries()) {
      if (place.step >= steps) continue;
      place.crossEntropy = crossEntropy.data[at];
      if (!Number.isFinite(place.crossEntropy)) throw divergence(place);
      let searched = 0;
      for (const [i, variable] of perturbation.variables.entries()) {
        if (variable.stepSize === 0) continue;
        const gradient = gradients[searched++].data;
        stepBySign(place.variables[i], gradient, at, variable);
      }
      place.step++;
    }
    onStep?.(active);
  }
  return places.map(({ step, variables, crossEntropy }) => ({
    step,
    variables: variables.map((values) => values.slice()),
    crossEntropy,
  }));
}

const progressOf = ({ step, crossEntropy }: QuestionState) => ({
  step,
  crossEntropy,
});

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Images of the question by step: of all classes but its own.
 * @throws MotifError "dataset" when they do not fill a batch
 */
export function orderImages(
  { perturbation, targetClass, seed }: Question,
  { dataset, searchImages }: AskedModel,
  batchSize: number,
): (step: number) => Int32Array {
  const images =
    targetClass === null
      ? searchImages
      : searchImages.filter((index) => dataset.labels[index] !== targetClass);
  if (images.length < batchSize)
    throw new MotifError(
      "dataset",
      `only ${images.length} images are left to ask about class ${targetClass} with, a batch takes ${batchSize}. Add images.`,
    );
  const order = newBatchOrder(images.length, batchSize, [
    `audit ${perturbation}`,
    seed,
    targetClass ?? "any other",
  ]);
  return (step) => order.positionsAt(step).map((position) => images[position]);
}

/** @param row [K]: gets 1 where an image of class `label` is to end, else 0 */
export function writeWanted(
  row: Float32Array,
  targetClass: number | null,
  label: number,
): void {
  if (targetClass === null) {
    row.fill(1);
    row[label] = 0;
  } else {
    row.fill(0);
    row[targetClass] = 1;
  }
}

function stepBySign(
  values: Float32Array,
  gradient: ArrayLike<number>,
  at: number,
  {
    stepSize,
    low,
    high,
  }: {
    readonly stepSize: number;
    readonly low: number;
    readonly high: number;
  },
): void {
  const offset = at * values.length;
  for (let i = 0; i < values.length; i++) {
    const moved = values[i] - stepSize * Math.sign(gradient[offset + i]);
    values[i] = moved < low ? low : moved > high ? high : moved;
  }
}

function divergence({ question, step, crossEntropy }: Place): MotifError {
  return new MotifError(
    "diverged",
    `${describeQuestion(question)}: the loss is ${crossEntropy} at step ${step}. The model gives numbers that are not finite for ` +
      "images in its range: check inputRange, mean and std, and the model's weights.",
  );
}
