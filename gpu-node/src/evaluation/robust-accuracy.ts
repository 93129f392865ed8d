/**
 * Robust accuracy: the share of all images that are right as they are and stay right under every attack tried. What an attack
 * comes up with is judged by the model's plain forward pass, whatever the attack believed.
 */
import { compileAttackGraph } from "../attacks/attack-graph.ts";
import { askForScores } from "../attacks/attack-scores.ts";
import {
  attackImages,
  type ImageAttack,
  type Perturbed,
} from "../attacks/attacked-model.ts";
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
  /**
   * Told of work done, in the units of `PlannedAttack.work`, with every question; in the end an attack's for each image, also for
   * those it is spared.
   */
  readonly onWork?: (units: number) => void;
}

/** Where attacks stand between two pieces of their images: goes on to the numbers of attacks that were never stopped. */
export interface RobustnessState {
  /** Those that are over. */
  readonly attacks: readonly AttackSummary[];
  /** Images that were right before the attack under way. */
  readonly standing: Int32Array;
  /** How many of them it is through with. */
  readonly judged: number;
  /** Those of them that are wrong under it. */
  readonly fallen: readonly number[];
}

/**
 * Batches of images that an attack takes on at once. Between two such pieces it can be left, and its batches run empty; fixed, because
 * who shares a batch decides rounding.
 */
const pieceBatches = 16;

export interface AttackedClassifier {
  readonly classifier: Classifier;
  readonly backend: Backend;
  /** Judges, and answers attacks that need no gradient. */
  readonly compiled: CompiledLogits;
}

/**
 * @param clean the images and what the model says of them as they are
 * @param resumption where an earlier run stood, and who is told where this one stands
 * @throws MotifError "diverged" when a gradient is not a number; the signal's reason when aborted
 */
export async function measureRobustness(
  model: AttackedClassifier,
  dataset: Dataset,
  clean: CleanAnswers,
  settings: RobustnessSettings,
  options: RobustnessOptions = {},
  resumption: {
    readonly from?: RobustnessState | undefined;
    readonly onState?: (state: RobustnessState) => Promise<void>;
  } = {},
): Promise<RobustEvaluation> {
  const { labels, indices, predictions } = clean;
  const { imageShape, numClasses, batchSize } = model.compiled;
  let state: RobustnessState = resumption.from ?? {
    attacks: [],
    standing: indices.filter((_, i) => predictions[i] === labels[i]),
    judged: 0,
    fallen: [],
  };
  const plan = planAttacks(settings, imageShape, numClasses);
  for (const { work } of plan.slice(0, state.attacks.length))
    options.onWork?.(work * indices.length);
  for (const attack of plan.slice(state.attacks.length)) {
    options.signal?.throwIfAborted();
    const { standing } = state;
    if (standing.length > 0) options.onAttack?.(attack.name, standing.length);
    options.onWork?.(
      attack.work * (indices.length - standing.length + state.judged),
    );
    const piece = pieceBatches * batchSize;
    if (state.judged < standing.length)
      await withAttack(attack, model, async (run) => {
        for (let from = state.judged; from < standing.length; from += piece) {
          const chosen = standing.subarray(from, from + piece);
          const perturbed = run(
            readAttacked(dataset, chosen, batchSize),
            options,
          );
          const fallen = await collectFallen(perturbed, model.compiled);
          state = {
            ...state,
            judged: from + chosen.length,
            fallen: [...state.fallen, ...fallen],
          };
          await resumption.onState?.(state);
        }
      });
    const fallen = new Set(state.fallen);
    const left = standing.filter((index) => !fallen.has(index));
    const summary = {
      name: attack.name,
      tried: standing.length,
      fooled: fallen.size,
      robustAccuracy: shareOf(left.length, indices.length),
    };
    state = {
      attacks: [...state.attacks, summary],
      standing: left,
      judged: 0,
      fallen: [],
    };
    await resumption.onState?.(state);
    options.onAttackDone?.(summary);
  }
  const { standing, attacks } = state;
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

type RunAttack = (
  images: AsyncIterable<AttackedImage>,
  options: RobustnessOptions,
) => AsyncIterable<Perturbed<AttackedImage>>;

/** Compiles what the attack asks, for as long as it takes. */
async function withAttack(
  attack: PlannedAttack,
  { classifier, backend, compiled }: AttackedClassifier,
  use: (run: RunAttack) => Promise<void>,
): Promise<void> {
  if (attack.loss === null) {
    const model = askForScores(compiled);
    return use((images, { signal, onWork }) =>
      attackImages(
        model,
        images,
        (image) => countWork(attack.begin(image), attack, onWork),
        signal,
      ),
    );
  }
  const model = await compileAttackGraph(
    classifier,
    backend,
    compiled.batchSize,
    attack.loss,
  );
  try {
    await use((images, { signal, onWork }) =>
      attackImages(
        model,
        images,
        (image) => countWork(attack.begin(image), attack, onWork),
        signal,
      ),
    );
  } finally {
    await model.dispose();
  }
}

/** Tells of each answered question, and at the end of what the image did not need: an attack of many steps is seen to come further. */
function* countWork<Answer>(
  questions: ImageAttack<Answer>,
  { work, perQuestion }: PlannedAttack,
  onWork: (units: number) => void = () => undefined,
): ImageAttack<Answer> {
  let left = work;
  let next = questions.next();
  while (next.done !== true) {
    const answer = yield next.value;
    const units = Math.min(left, perQuestion);
    left -= units;
    onWork(units);
    next = questions.next(answer);
  }
  onWork(left);
  return next.value;
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
): Promise<number[]> {
  const { batchSize } = compiled;
  const judge = askForScores(compiled);
  const fallen: number[] = [];
  let waiting: Perturbed<AttackedImage>[] = [];
  const decide = async () => {
    const answers = await judge.ask(
      waiting.map(({ subject, point }) => ({ point, label: subject.label })),
    );
    waiting.forEach(({ subject }, i) => {
      if (classOf(answers[i].logits) !== subject.label)
        fallen.push(subject.index);
    });
    waiting = [];
  };
  for await (const each of perturbed) {
    waiting.push(each);
    if (waiting.length === batchSize) await decide();
  }
  if (waiting.length > 0) await decide();
  return fallen;
}
