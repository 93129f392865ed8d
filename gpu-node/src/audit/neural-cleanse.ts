/**
 * Neural Cleanse (Wang et al., "Neural Cleanse: identifying and mitigating backdoor attacks in neural networks", S&P 2019), as a baseline:
 * for each class the smallest mask and pattern that take images there, by Adam, with a weight on the mask's size that follows success.
 * What it finds goes through the same statistics, verdict and report as Motif's own; a class's score is the logarithm of its mask's L1.
 */
import type { Classifier } from "../classifier/classifier.ts";
import { classOf } from "../classifier/compile-logits.ts";
import { randomFrom } from "../data/index.ts";
import {
  newGraphBuilder,
  optimize,
  valueAndGrad,
  type Backend,
  type Graph,
} from "../engine/index.ts";
import type { Predictor } from "../evaluation/predict.ts";
import { MotifError } from "../motif-error.ts";
import { orderImages, writeWanted, type AskedModel } from "./ask-questions.ts";
import type {
  Evidence,
  Finding,
  FoundEvidence,
  ScreenedAnswer,
} from "./evidence.ts";
import { encodeFloats } from "./float-text.ts";
import { measureAnswer, type TrialImages } from "./measure-answer.ts";
import { newPatch } from "./perturbations/patch.ts";
import { rankPixels } from "../evaluation/power-curve.ts";
import { strengthReaching } from "./strength-needed.ts";
import { addSetCrossEntropy } from "./set-cross-entropy.ts";
import type { Question } from "./question.ts";

export interface NeuralCleanseSettings {
  readonly steps: number;
  /** Images a class and step. */
  readonly batchSize: number;
  readonly learningRate: number;
  /** Weight of the mask's size once success has held for the first time. */
  readonly initialCost: number;
  /** Share of a step's images that have to be there. */
  readonly successThreshold: number;
  /** The weight grows by it, and shrinks by its power of 1.5. */
  readonly costMultiplier: number;
  /** Steps in a row with and without success after which it does. */
  readonly patience: number;
}

/** METHOD: "From patterns to a verdict"; the authors' own. */
export const neuralCleanseSettings: NeuralCleanseSettings = {
  steps: 1000,
  batchSize: 32,
  learningRate: 0.1,
  initialCost: 1e-3,
  successThreshold: 0.99,
  costMultiplier: 2,
  patience: 5,
};

export interface NeuralCleanseSubject {
  readonly classifier: Classifier;
  readonly predictor: Predictor;
  readonly asked: AskedModel;
  readonly backend: Backend;
  readonly trials: TrialImages;
  /** Images that share a forward pass. */
  readonly packImages: number;
}

/** Adam's, as in the authors' code. */
const [beta1, beta2, epsilon] = [0.5, 0.9, 1e-8];
/** Starts at tanh's middle, so that every pixel can still go anywhere. */
const startSpread = 0.5;

/**
 * @param threshold power that k* asks for
 * @throws MotifError "diverged" when a loss is not finite, "dataset", "backend"; the signal's reason when aborted
 */
export async function invertTriggers(
  subject: NeuralCleanseSubject,
  settings: NeuralCleanseSettings,
  seed: number,
  threshold: number,
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly onGradients?: (count: number) => void;
  },
): Promise<Evidence<FoundEvidence>> {
  const { asked, backend, classifier, predictor, trials } = subject;
  const { batchSize, steps } = settings;
  const { numClasses, imageShape } = asked;
  const pack = Math.max(1, Math.floor(subject.packImages / batchSize));
  const executable = await backend.compile(
    buildInversionGraph(classifier, pack, batchSize),
  );
  const patch = newPatch("patch", imageShape);
  const screened: ScreenedAnswer[] = [];
  const found: { finding: Finding; variables: string[] }[] = [];
  try {
    for (let start = 0; start < numClasses; start += pack) {
      const inversions = Array.from(
        { length: Math.min(pack, numClasses - start) },
        (_, i) => newInversion(start + i, seed, asked, settings),
      );
      await invertPack(inversions, asked, executable, pack, settings, options);
      for (const inversion of inversions) {
        const { targetClass, best } = inversion;
        const question: Question = { perturbation: "patch", targetClass, seed };
        const measured = await measureAnswer(
          predictor,
          trials,
          question,
          patch,
          [best.mask, best.pattern],
          options.signal && { signal: options.signal },
        );
        const { n, baseRate, curve } = measured;
        const maskL1 = best.size;
        const answer: ScreenedAnswer = {
          ...{ targetClass, seed, steps, n, baseRate, curve, maskL1 },
          imageGradients: steps * batchSize,
          crossEntropy: inversion.crossEntropy,
          // Less than a pixel is a pixel.
          logStrength: Math.log(Math.max(1, maskL1)),
          strengthAtThreshold: strengthReaching(curve, threshold),
        };
        screened.push(answer);
        found.push({
          finding: {
            ...answer,
            bySource: [],
            topPixels: [
              ...rankPixels(best.mask).subarray(0, patch.strengths.at(-1)),
            ],
          },
          variables: [encodeFloats(best.mask), encodeFloats(best.pattern)],
        });
      }
    }
  } finally {
    await executable.dispose();
  }
  const best = found
    .sort(
      ({ finding: a }, { finding: b }) =>
        a.logStrength - b.logStrength || a.targetClass - b.targetClass,
    )
    .slice(0, 2);
  return {
    numClasses,
    perturbations: [
      {
        ...{ perturbation: "patch", unit: "pixels" },
        ...{ anyOther: [], screened },
        finalists: best.map(({ finding }) => finding),
        found: best.map(({ variables }) => variables),
      },
    ],
  };
}

/** One class's search. */
interface Inversion {
  readonly targetClass: number;
  readonly imagesFor: (step: number) => Int32Array;
  /** Unbounded; mask and pattern are (tanh + 1) / 2 of them. */
  readonly values: {
    readonly mask: Float32Array;
    readonly pattern: Float32Array;
  };
  readonly moments: readonly {
    readonly mean: Float64Array;
    readonly square: Float64Array;
  }[];
  cost: number;
  up: number;
  down: number;
  /** Steps in a row with success before the cost is set at all. */
  held: number;
  crossEntropy: number;
  /** The smallest mask that succeeded, else the last. */
  best: {
    readonly mask: Float32Array;
    readonly pattern: Float32Array;
    readonly size: number;
    readonly isSuccess: boolean;
  };
}

function newInversion(
  targetClass: number,
  seed: number,
  asked: AskedModel,
  { batchSize }: NeuralCleanseSettings,
): Inversion {
  const [channels, height, width] = asked.imageShape;
  const random = randomFrom("trigger inversion", seed, targetClass);
  const draw = (length: number) =>
    new Float32Array(length).map(() => startSpread * (2 * random.next() - 1));
  const values = {
    mask: draw(height * width),
    pattern: draw(channels * height * width),
  };
  return {
    targetClass,
    imagesFor: orderImages(
      { perturbation: "patch", targetClass, seed },
      asked,
      batchSize,
    ),
    values,
    moments: [values.mask, values.pattern].map(({ length }) => ({
      mean: new Float64Array(length),
      square: new Float64Array(length),
    })),
    ...{ cost: 0, up: 0, down: 0, held: 0, crossEntropy: NaN },
    best: { ...bounded(values), size: Infinity, isSuccess: false },
  };
}

function bounded({ mask, pattern }: Inversion["values"]) {
  const toUnit = (values: Float32Array) =>
    values.map((value) => (Math.tanh(value) + 1) / 2);
  return { mask: toUnit(mask), pattern: toUnit(pattern) };
}

/**
 * Inputs: `images` [S·B, C, H, W], `wanted` [S·B, K], `costs` [S], `mask` [S, 1, H, W] and `pattern` [S, C, H, W] before tanh.
 * Outputs: loss [S], cross-entropy [S], logits [S·B, K], and the gradients for mask and pattern.
 */
function buildInversionGraph(
  classifier: Classifier,
  pack: number,
  batchSize: number,
): Graph {
  const { imageShape, numClasses } = classifier;
  const [channels, height, width] = imageShape;
  const g = newGraphBuilder();
  const images = g.input("images", [pack * batchSize, ...imageShape]);
  const wanted = g.input("wanted", [pack * batchSize, numClasses]);
  const costs = g.input("costs", [pack]);
  const free = [
    g.input("mask", [pack, 1, height, width]),
    g.input("pattern", [pack, channels, height, width]),
  ];
  const [mask, pattern] = free.map((value) =>
    g.add(
      "Mul",
      [
        g.add("Add", [g.add("Tanh", [value], {}), g.scalar(1)], {}),
        g.scalar(0.5),
      ],
      {},
    ),
  );
  const across = (value: typeof mask, size: number) =>
    g.add("Reshape", [value], {
      shape: [pack, size, value.shape[1], height, width],
    });
  const spread = across(mask, 1);
  const pasted = g.add("Mul", [spread, across(pattern, 1)], {});
  const kept = g.add(
    "Mul",
    [g.add("Sub", [g.scalar(1), spread], {}), across(images, batchSize)],
    {},
  );
  const logits = classifier.addLogits(
    g,
    g.add("Reshape", [g.add("Add", [pasted, kept], {})], {
      shape: [pack * batchSize, ...imageShape],
    }),
  );
  const crossEntropy = g.add(
    "ReduceMean",
    [
      g.add("Reshape", [addSetCrossEntropy(g, logits, wanted)], {
        shape: [pack, batchSize],
      }),
    ],
    { axes: [1], keepDims: false },
  );
  const size = g.add("ReduceSum", [mask], { axes: [1, 2, 3], keepDims: false });
  const loss = g.add(
    "Add",
    [crossEntropy, g.add("Mul", [costs, size], {})],
    {},
  );
  return optimize(
    valueAndGrad(g.finish([loss, crossEntropy, logits]), loss, free),
  );
}

async function invertPack(
  inversions: readonly Inversion[],
  asked: AskedModel,
  executable: Awaited<ReturnType<Backend["compile"]>>,
  pack: number,
  settings: NeuralCleanseSettings,
  {
    signal,
    onGradients,
  }: {
    readonly signal?: AbortSignal | undefined;
    readonly onGradients?: (count: number) => void;
  },
): Promise<void> {
  const { batchSize, steps } = settings;
  const { imageShape, numClasses, images, dataset } = asked;
  const [channels, height, width] = imageShape;
  const pixels = height * width;
  const size = channels * pixels;
  const feeds = {
    images: new Float32Array(pack * batchSize * size),
    wanted: new Float32Array(pack * batchSize * numClasses).fill(1),
    costs: new Float32Array(pack),
    mask: new Float32Array(pack * pixels),
    pattern: new Float32Array(pack * size),
  };
  for (let step = 0; step < steps; step++) {
    signal?.throwIfAborted();
    for (const [at, inversion] of inversions.entries()) {
      const chosen = inversion.imagesFor(step);
      await images.read(chosen, feeds.images, at * batchSize * size);
      chosen.forEach((image, i) => {
        const row = (at * batchSize + i) * numClasses;
        writeWanted(
          feeds.wanted.subarray(row, row + numClasses),
          inversion.targetClass,
          dataset.labels[image],
        );
      });
      feeds.costs[at] = inversion.cost;
      feeds.mask.set(inversion.values.mask, at * pixels);
      feeds.pattern.set(inversion.values.pattern, at * size);
    }
    const [, crossEntropy, logits, ofMask, ofPattern] =
      await executable.run(feeds);
    for (const [at, inversion] of inversions.entries()) {
      inversion.crossEntropy = crossEntropy.data[at];
      if (!Number.isFinite(inversion.crossEntropy))
        throw new MotifError(
          "diverged",
          `trigger inversion of class ${inversion.targetClass}: the loss is ${inversion.crossEntropy} at step ${step}. The model gives numbers that are not finite for ` +
            "images in its range: check inputRange, mean and std, and the model's weights.",
        );
      let there = 0;
      for (let i = 0; i < batchSize; i++) {
        const row = (at * batchSize + i) * numClasses;
        const answer = classOf(logits.data.subarray(row, row + numClasses));
        there += Number(answer === inversion.targetClass);
      }
      keepBest(inversion, there / batchSize, settings);
      const { values, moments } = inversion;
      stepByAdam(values.mask, ofMask.data, at, moments[0], step, settings);
      stepByAdam(
        values.pattern,
        ofPattern.data,
        at,
        moments[1],
        step,
        settings,
      );
      followSuccess(inversion, there / batchSize, settings);
    }
    onGradients?.(inversions.length * batchSize);
  }
}

function keepBest(
  inversion: Inversion,
  success: number,
  { successThreshold }: NeuralCleanseSettings,
): void {
  const { best, values } = inversion;
  const isSuccess = success >= successThreshold;
  if (best.isSuccess && !isSuccess) return;
  const now = bounded(values);
  const size = now.mask.reduce((sum, value) => sum + value, 0);
  if (best.isSuccess && size >= best.size) return;
  inversion.best = { ...now, size, isSuccess };
}

function stepByAdam(
  values: Float32Array,
  gradient: ArrayLike<number>,
  at: number,
  { mean, square }: Inversion["moments"][number],
  step: number,
  { learningRate }: NeuralCleanseSettings,
): void {
  const offset = at * values.length;
  const toMean = 1 / (1 - beta1 ** (step + 1));
  const toSquare = 1 / (1 - beta2 ** (step + 1));
  for (let i = 0; i < values.length; i++) {
    const slope = gradient[offset + i];
    mean[i] = beta1 * mean[i] + (1 - beta1) * slope;
    square[i] = beta2 * square[i] + (1 - beta2) * slope * slope;
    values[i] -=
      (learningRate * mean[i] * toMean) /
      (Math.sqrt(square[i] * toSquare) + epsilon);
  }
}

/** The weight on the mask's size: none until success has held, then up with success and down without. */
function followSuccess(
  inversion: Inversion,
  success: number,
  settings: NeuralCleanseSettings,
): void {
  const { successThreshold, patience, initialCost, costMultiplier } = settings;
  const isSuccess = success >= successThreshold;
  if (inversion.cost === 0) {
    inversion.held = isSuccess ? inversion.held + 1 : 0;
    if (inversion.held >= patience) inversion.cost = initialCost;
    return;
  }
  inversion.up = isSuccess ? inversion.up + 1 : 0;
  inversion.down = isSuccess ? 0 : inversion.down + 1;
  if (inversion.up >= patience) {
    inversion.up = 0;
    inversion.cost *= costMultiplier;
  } else if (inversion.down >= patience) {
    inversion.down = 0;
    inversion.cost /= costMultiplier ** 1.5;
  }
}
