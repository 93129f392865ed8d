/**
 * Predictive power: the share of other-class images predicted as the target once a pattern's k canvas pixels are pasted
 * on, hard, without blending (METHOD: "The search"). One ranking of the pixels gives the whole size–power curve.
 */
import type { Dataset } from "../data/index.ts";
import type { Predictor } from "./predict.ts";
import { wilson95 } from "./wilson.ts";

export interface PowerAtSize {
  /** Number of pixels pasted. */
  readonly k: number;
  /** k as a share of the image's pixels. */
  readonly fraction: number;
  readonly power: number;
  /** Share predicted as the target without the pattern. */
  readonly baseRate: number;
  /** Other-class images looked at. */
  readonly n: number;
  readonly wilson95: readonly [number, number];
}

export interface SourcePower {
  readonly sourceClass: number;
  readonly power: number;
  readonly n: number;
}

export interface MeasuredPower {
  /** In the order of the sizes asked for. */
  readonly curve: readonly PowerAtSize[];
  /** By source class, ascending; the target is not among them. */
  readonly bySource: readonly SourcePower[];
}

export interface PowerQuestion {
  readonly targetClass: number;
  /** uint8 [C, H, W]. */
  readonly canvas: Uint8Array;
  /** Flat pixel indices, best first. */
  readonly ranking: Int32Array;
  /** Sizes of the curve. */
  readonly sizes: readonly number[];
  /** The size whose power is split up by source class: one of `sizes`. */
  readonly sourceSize: number;
}

/** The images that patterns are tried on, with what the model says of them as they are. */
export interface EvaluationImages {
  readonly dataset: Dataset;
  readonly indices: Int32Array;
  readonly predictions: Int32Array;
}

/**
 * @param options.onImages is told of every image passed through the model
 * @returns the curve and the split by source
 */
export async function measurePower(
  predictor: Predictor,
  { dataset, indices, predictions }: EvaluationImages,
  question: PowerQuestion,
  options: {
    readonly signal?: AbortSignal;
    readonly onImages?: (count: number) => void;
  } = {},
): Promise<MeasuredPower> {
  const { targetClass, ranking, sizes, sourceSize } = question;
  const [channels, height, width] = predictor.imageShape;
  const imageBytes = channels * height * width;
  const others = indices.filter(
    (index) => dataset.labels[index] !== targetClass,
  );
  const baseCount = indices.reduce(
    (sum, index, i) =>
      sum +
      Number(
        dataset.labels[index] !== targetClass && predictions[i] === targetClass,
      ),
    0,
  );
  const originals = new Uint8Array(predictor.batchSize * imageBytes);
  const pasted = new Uint8Array(originals.length);
  const hits = sizes.map(() => 0);
  const sources = new Map<number, { hits: number; n: number }>();
  for (let start = 0; start < others.length; start += predictor.batchSize) {
    const chosen = others.subarray(start, start + predictor.batchSize);
    await dataset.read(chosen, originals);
    for (const [position, size] of sizes.entries()) {
      options.signal?.throwIfAborted();
      pasted.set(originals);
      for (let image = 0; image < chosen.length; image++) {
        paste(
          pasted.subarray(image * imageBytes, (image + 1) * imageBytes),
          question.canvas,
          ranking,
          size,
          height * width,
        );
      }
      const answers = await predictor.predict(pasted, chosen.length);
      answers.forEach((answer, image) => {
        const isHit = Number(answer === targetClass);
        hits[position] += isHit;
        if (size === sourceSize)
          count(sources, dataset.labels[chosen[image]], isHit);
      });
      options.onImages?.(chosen.length);
    }
  }
  const n = others.length;
  return {
    curve: sizes.map((k, position) => ({
      k,
      fraction: k / (height * width),
      power: n === 0 ? 0 : hits[position] / n,
      baseRate: n === 0 ? 0 : baseCount / n,
      n,
      wilson95: wilson95(hits[position], n),
    })),
    bySource: [...sources]
      .sort(([a], [b]) => a - b)
      .map(([sourceClass, tally]) => ({
        sourceClass,
        power: tally.hits / tally.n,
        n: tally.n,
      })),
  };
}

function count(
  sources: Map<number, { hits: number; n: number }>,
  source: number,
  isHit: number,
): void {
  const tally = sources.get(source) ?? { hits: 0, n: 0 };
  tally.hits += isHit;
  tally.n++;
  sources.set(source, tally);
}

/** Puts the canvas's values at the first `size` ranked pixels of one image, in every channel. */
function paste(
  image: Uint8Array,
  canvas: Uint8Array,
  ranking: Int32Array,
  size: number,
  pixels: number,
): void {
  for (let offset = 0; offset < image.length; offset += pixels) {
    for (let i = 0; i < size; i++)
      image[offset + ranking[i]] = canvas[offset + ranking[i]]!;
  }
}
