/**
 * Robust accuracy: the share of all images that are right as they are and stay right under every attack tried. What an attack
 * comes up with is judged by the model's plain forward pass, whatever the attack believed.
 */
import { compileAttackGraph } from "../attacks/attack-graph.ts";
import { askForScores } from "../attacks/attack-scores.ts";
import { attackImages, type Perturbed } from "../attacks/attacked-model.ts";
import type { Norm } from "../attacks/pgd.ts";
import type { Classifier } from "../classifier/classifier.ts";
import { classOf, type CompiledLogits } from "../classifier/compile-logits.ts";
import type { Dataset } from "../data/index.ts";
import type { Backend } from "../engine/index.ts";
import {
  planAttacks,
  type AttackedImage,
  type PlannedAttack,
  type RobustnessSettings,
} from "./attack-plan.ts";
import type { CleanAnswers } from "./clean-evaluation.ts";
import { shareOf, type MeasuredShare } from "./measured-share.ts";

export interface AttackSummary {
  readonly name: string;
  /** Images that were right before it. */
  readonly tried: number;
  /** Those of them that are wrong under it. */
  readonly fooled: number;
  /** The share of all images that is right after it and those before it. */
  readonly robustAccuracy: MeasuredShare;
}

export interface RobustEvaluation {
  readonly norm: Norm;
  readonly epsilon: number;
  readonly robustAccuracy: MeasuredShare;
  /** By class index, of the images of the class. */
  readonly classes: readonly MeasuredShare[];
  /** In the order they were run. */
  readonly attacks: readonly AttackSummary[];
}

export interface RobustnessOptions {
  readonly signal?: AbortSignal;
  readonly onAttack?: (name: string, images: number) => void;
  readonly onAttackDone?: (summary: AttackSummary) => void;
  /** Told of work done, in the units of `PlannedAttack.work`: an attack's for each image, also for those it is spared. */
  readonly onWork?: (units: number) => void;
}

export interface AttackedClassifier {
  readonly classifier: Classifier;
  readonly backend: Backend;
  /** Judges, and answers attacks that need no gradient. */
  readonly compiled: CompiledLogits;
}

/**
 * @param clean the images and what the model says of them as they are
 * @throws MotifError "diverged" when a gradient is not a number; the signal's reason when aborted
 */
export async function measureRobustness(
  model: AttackedClassifier,
  dataset: Dataset,
  clean: CleanAnswers,
  settings: RobustnessSettings,
  options: RobustnessOptions = {},
): Promise<RobustEvaluation> {
  const { labels, indices, predictions } = clean;
  const { imageShape, numClasses, batchSize } = model.compiled;
  let standing = indices.filter((_, i) => predictions[i] === labels[i]);
  const attacks: AttackSummary[] = [];
  for (const attack of planAttacks(settings, imageShape, numClasses)) {
    options.signal?.throwIfAborted();
    if (standing.length > 0) options.onAttack?.(attack.name, standing.length);
    options.onWork?.(attack.work * (indices.length - standing.length));
    const fallen =
      standing.length === 0
        ? new Set<number>()
        : await collectFallen(
            runAttack(
              attack,
              model,
              readAttacked(dataset, standing, batchSize),
              options.signal,
            ),
            model.compiled,
            () => options.onWork?.(attack.work),
          );
    const tried = standing.length;
    standing = standing.filter((index) => !fallen.has(index));
    const summary = {
      name: attack.name,
      tried,
      fooled: fallen.size,
      robustAccuracy: shareOf(standing.length, indices.length),
    };
    attacks.push(summary);
    options.onAttackDone?.(summary);
  }
  const countByClass = (images: Int32Array) => {
    const counts = new Array<number>(numClasses).fill(0);
    for (const index of images) counts[dataset.labels[index]]++;
    return counts;
  };
  const all = countByClass(indices);
  return {
    norm: settings.norm,
    epsilon: settings.epsilon,
    robustAccuracy: shareOf(standing.length, indices.length),
    classes: countByClass(standing).map((count, i) => shareOf(count, all[i])),
    attacks,
  };
}

/** Compiles what the attack asks, for as long as it takes. */
async function* runAttack(
  attack: PlannedAttack,
  { classifier, backend, compiled }: AttackedClassifier,
  images: AsyncIterable<AttackedImage>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Perturbed<AttackedImage>> {
  if (attack.loss === null) {
    const model = askForScores(compiled);
    yield* attackImages(model, images, attack.begin, signal);
    return;
  }
  const model = await compileAttackGraph(
    classifier,
    backend,
    compiled.batchSize,
    attack.loss,
  );
  try {
    yield* attackImages(model, images, attack.begin, signal);
  } finally {
    await model.dispose();
  }
}

/** Reads images as the attack comes to them. */
async function* readAttacked(
  dataset: Dataset,
  indices: Int32Array,
  batchSize: number,
): AsyncGenerator<AttackedImage> {
  const [channels, height, width] = dataset.imageShape;
  const imageSize = channels * height * width;
  const pixels = new Uint8Array(batchSize * imageSize);
  for (let start = 0; start < indices.length; start += batchSize) {
    const chosen = indices.subarray(start, start + batchSize);
    await dataset.read(chosen, pixels);
    for (const [at, index] of chosen.entries()) {
      const image = Float32Array.from(
        pixels.subarray(at * imageSize, (at + 1) * imageSize),
        (value) => value / 255,
      );
      yield { index, image, label: dataset.labels[index] };
    }
  }
}

/** The images whose perturbed form the model takes for another class. */
async function collectFallen(
  perturbed: AsyncIterable<Perturbed<AttackedImage>>,
  compiled: CompiledLogits,
  onImage: () => void,
): Promise<Set<number>> {
  const { batchSize } = compiled;
  const judge = askForScores(compiled);
  const fallen = new Set<number>();
  let waiting: Perturbed<AttackedImage>[] = [];
  const decide = async () => {
    const answers = await judge.ask(
      waiting.map(({ subject, point }) => ({ point, label: subject.label })),
    );
    waiting.forEach(({ subject }, i) => {
      if (classOf(answers[i].logits) !== subject.label)
        fallen.add(subject.index);
    });
    waiting = [];
  };
  for await (const each of perturbed) {
    waiting.push(each);
    onImage();
    if (waiting.length === batchSize) await decide();
  }
  if (waiting.length > 0) await decide();
  return fallen;
}
