/** What an answer is worth: the share of held-out images that it moves where the question wants them, by strength. */
import type { Dataset } from "../data/index.ts";
import type { Predictor } from "../evaluation/predict.ts";
import { wilson95 } from "../evaluation/wilson.ts";
import type { Perturbation } from "./perturbations/perturbation.ts";
import type { Question } from "./question.ts";

export interface StrengthPoint {
  readonly strength: number;
  /** Share of the images that end where the question wants them, 0…1. */
  readonly power: number;
  readonly wilson95: readonly [number, number];
}

export interface MeasuredAnswer {
  /** Images looked at. */
  readonly n: number;
  /** Share that is there without any change. */
  readonly baseRate: number;
  readonly curve: readonly StrengthPoint[];
  /** How many images of each class are taken for each, by strength: [strengths][K, K], from → to. */
  readonly moves: readonly Int32Array[];
}

/** The images that answers are tried on, with what the model says of them as they are. */
export interface TrialImages {
  readonly dataset: Pick<Dataset, "labels">;
  readonly indices: Int32Array;
  /** uint8 [n, C, H, W], in the order of the indices. */
  readonly pixels: Uint8Array;
  readonly predictions: Int32Array;
}

/** @throws the signal's reason when aborted; MotifError "diverged" when a logit is not a number */
export async function measureAnswer(
  predictor: Predictor,
  { dataset, indices, pixels, predictions }: TrialImages,
  { targetClass }: Question,
  perturbation: Perturbation,
  found: readonly Float32Array[],
  options: {
    readonly signal?: AbortSignal;
    readonly onImages?: (count: number) => void;
  } = {},
): Promise<MeasuredAnswer> {
  const { imageShape, batchSize, numClasses } = predictor;
  const imageSize = imageShape[0] * imageShape[1] * imageShape[2];
  const apply = perturbation.apply(found);
  const isThere = (label: number, prediction: number) =>
    targetClass === null ? prediction !== label : prediction === targetClass;
  const chosen = [...indices.keys()].filter(
    (at) => dataset.labels[indices[at]] !== targetClass,
  );
  const n = chosen.length;
  const originals = new Uint8Array(batchSize * imageSize);
  const changed = new Uint8Array(batchSize * imageSize);
  const moves = perturbation.strengths.map(
    () => new Int32Array(numClasses * numClasses),
  );
  const hits = perturbation.strengths.map(() => 0);
  for (let start = 0; start < n; start += batchSize) {
    const batch = chosen.slice(start, start + batchSize);
    batch.forEach((at, i) =>
      originals.set(
        pixels.subarray(at * imageSize, (at + 1) * imageSize),
        i * imageSize,
      ),
    );
    for (const [s, strength] of perturbation.strengths.entries()) {
      options.signal?.throwIfAborted();
      apply(strength, originals, changed, batch.length);
      const answers = await predictor.predict(changed, batch.length);
      answers.forEach((answer, i) => {
        const label = dataset.labels[indices[batch[i]]];
        moves[s][label * numClasses + answer]++;
        hits[s] += Number(isThere(label, answer));
      });
      options.onImages?.(batch.length);
    }
  }
  const already = chosen.filter((at) =>
    isThere(dataset.labels[indices[at]], predictions[at]),
  ).length;
  return {
    n,
    baseRate: n === 0 ? 0 : already / n,
    curve: perturbation.strengths.map((strength, s) => ({
      strength,
      power: n === 0 ? 0 : hits[s] / n,
      wilson95: wilson95(hits[s], n),
    })),
    moves,
  };
}
