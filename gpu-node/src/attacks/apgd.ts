/**
 * APGD: projected gradient ascent with momentum, whose step size halves by itself where the loss no longer rises, and which
 * then goes on from the best point so far. Nothing is there to tune.
 * Source: Croce & Hein, arXiv 2003.01690, section 3 and algorithm 1; checkpoints by its section 3.3, targets by its section 4.
 */
import { classOf } from "../classifier/compile-logits.ts";
import type { Random } from "../data/index.ts";
import type {
  ImageAttack,
  Question,
  ScoresAndGradient,
} from "./attacked-model.ts";
import {
  drawWithinBall,
  projectOnBall,
  stepAlong,
  type PerturbationBound,
} from "./ball.ts";

export interface ApgdSettings extends PerturbationBound {
  readonly steps: number;
}

/** α: how much of a step is new, the rest is the step before. */
const newShare = 0.75;
/** ρ: the step size halves where fewer than this share of the steps raised the loss. */
const risingShare = 0.75;

interface ApgdEnd {
  /** A point where the model errs; where none was found the one of the highest loss. */
  readonly point: Float32Array;
  readonly isFooled: boolean;
}

/** Untargeted, from a random start; with a cross-entropy it is APGD-CE. It ends as soon as the model errs. */
export function* apgd(
  original: Float32Array,
  label: number,
  settings: ApgdSettings,
  random: Random,
): ImageAttack<ScoresAndGradient> {
  const { point } = yield* climb(original, label, settings, random);
  return point;
}

/**
 * APGD-T: once for each of the classes that are nearest by the image's own logits, until the model errs.
 * To be used with a targeted loss.
 */
export function* apgdTargeted(
  original: Float32Array,
  label: number,
  settings: ApgdSettings & { readonly targets: number },
  random: Random,
): ImageAttack<ScoresAndGradient> {
  const { logits } = yield { point: original, target: label };
  const targets = Array.from(logits.keys())
    .filter((each) => each !== label)
    .sort((a, b) => logits[b] - logits[a] || a - b)
    .slice(0, settings.targets);
  let nearest = original;
  for (const target of targets) {
    const end = yield* climb(original, label, settings, random, target);
    if (end.isFooled) return end.point;
    if (nearest === original) nearest = end.point;
  }
  return nearest;
}

function* climb(
  original: Float32Array,
  label: number,
  settings: ApgdSettings,
  random: Random,
  target?: number,
): Generator<Question, ApgdEnd, ScoresAndGradient> {
  const { norm, epsilon, steps } = settings;
  const about = (point: Float32Array) =>
    target === undefined ? { point } : { point, target };
  const visit = (
    point: Float32Array,
    { loss, gradient, logits }: ScoresAndGradient,
  ) => ({
    point,
    loss,
    gradient,
    isFooled: classOf(logits) !== label,
  });

  const start = drawWithinBall(original, settings, random);
  let here = visit(start, yield about(start));
  if (here.isFooled) return here;
  let best = here;
  let before = here.point;
  let stepSize = 2 * epsilon;
  let interval = { rises: 0, from: 0, stepSize, best: best.loss };
  const checkpoints = new Set(listCheckpoints(steps));
  for (let step = 1; step <= steps; step++) {
    const along = Float32Array.from(here.point);
    stepAlong(along, here.gradient, norm, stepSize);
    projectOnBall(original, along, settings);
    const share = step === 1 ? 1 : newShare;
    const point = along.map(
      (value, i) =>
        here.point[i] +
        share * (value - here.point[i]) +
        (1 - share) * (here.point[i] - before[i]),
    );
    projectOnBall(original, point, settings);
    const next = visit(point, yield about(point));
    if (next.isFooled) return next;
    if (next.loss > here.loss) interval.rises++;
    before = here.point;
    here = next;
    if (here.loss > best.loss) best = here;
    if (!checkpoints.has(step)) continue;
    const isSlow = interval.rises < risingShare * (step - interval.from);
    const isStuck =
      interval.stepSize === stepSize && interval.best === best.loss;
    // The step size before it halves: right after a halving, no new best is no reason for another.
    interval = { rises: 0, from: step, stepSize, best: best.loss };
    if (isSlow || isStuck) {
      stepSize /= 2;
      here = best;
    }
  }
  return best;
}

/** The steps at which the step size may halve: w_j = ⌈p_j·steps⌉. */
export function listCheckpoints(steps: number): number[] {
  const checkpoints: number[] = [];
  let [before, share] = [0, 0.22];
  // Rounded: sums like 0.22 + 0.19 must not reach past a whole number.
  for (; share < 1;) {
    checkpoints.push(Math.ceil(Number((share * steps).toFixed(6))));
    const ahead = share + Math.max(share - before - 0.03, 0.06);
    [before, share] = [share, ahead];
  }
  return [...new Set(checkpoints)];
}
