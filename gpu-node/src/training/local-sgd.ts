/**
 * Local SGD: one training spread over workers. Each trains for a round on batches of its own; then all of them go on from the average
 * of what they have, until the next round's end. With a round of one step this is gradient averaging; longer rounds need less of the
 * network and survive the loss of any worker's machine, since a round depends on nothing but the files of the round before.
 *
 * Sources: Stich, "Local SGD converges fast and communicates little", arXiv 1805.09767; the outer step is that of Douillard et al.,
 * "DiLoCo", arXiv 2311.08105, algorithm 1.
 */
import { MotifError } from "../motif-error.ts";
import type {
  FloatTensor,
  NamedTensors,
  TrainingState,
} from "./training-state.ts";

export interface SpreadSettings {
  /** Each takes every `workers`-th batch. */
  readonly workers: number;
  /** Times that weights are averaged. */
  readonly rounds: number;
  /** What is made of the average. */
  readonly outer: OuterSettings;
}

/** At 0 and 1 the average is taken as it is. */
export interface OuterSettings {
  /** μ: share of the last outer velocity that is kept, 0…1. */
  readonly momentum: number;
  /** η: of the way to the average that is gone. */
  readonly learningRate: number;
}

/** What an outer step needs to know of those before it; of weights only. */
export interface OuterState {
  /** The weights that the round began with. */
  readonly anchor: NamedTensors;
  readonly velocity: NamedTensors;
}

/** Workers' steps before which a round begins, round 0 to `rounds`: as even as they can be. */
export const roundBegin = (
  round: number,
  rounds: number,
  steps: number,
): number => Math.floor((round * steps) / rounds);

/** @throws MotifError "usage" when a round would have no step */
export function requireSteps(
  { workers, rounds }: SpreadSettings,
  steps: number,
): void {
  if (steps >= rounds) return;
  throw new MotifError(
    "usage",
    `--rounds ${rounds}: each of the ${workers} workers has ${steps} steps, a round needs one at least. Ask for fewer --rounds or --workers.`,
  );
}

/** Means of what workers give, one after another, so that no more than one of them is in memory beside the sums. */
export function newAverage(): {
  /** @throws MotifError "storage" when it has come another number of steps, or has other tensors, than those before */
  add(state: TrainingState): void;
  /** Weights, the optimizer's slots and running moments alike. */
  mean(): TrainingState;
} {
  let count = 0;
  let step = 0;
  const sums = new Map<
    string,
    { shape: FloatTensor["shape"]; sum: Float64Array }
  >();
  return {
    add(state) {
      if (count === 0) {
        step = state.step;
        for (const [name, { shape, data }] of state.tensors)
          sums.set(name, { shape, sum: Float64Array.from(data) });
      } else {
        if (state.step !== step || state.tensors.size !== sums.size)
          throw unlike(`${state.step} steps and ${state.tensors.size} tensors`);
        for (const [name, { data }] of state.tensors) {
          const sum = sums.get(name)?.sum;
          if (sum?.length !== data.length) throw unlike(`the tensor ${name}`);
          for (let i = 0; i < data.length; i++) sum[i] += data[i];
        }
      }
      count++;
    },
    mean: () => ({
      step,
      tensors: new Map(
        [...sums].map(([name, { shape, sum }]) => [
          name,
          { shape, data: Float32Array.from(sum, (value) => value / count) },
        ]),
      ),
    }),
  };
}

const unlike = (what: string): MotifError =>
  new MotifError(
    "storage",
    `the workers' checkpoints of one round do not belong together: one has ${what} that the first has not.`,
  );

/**
 * Goes on from the average, with what earlier rounds' steps add to it:
 *
 *     Δ = anchor − mean,    v ← μ·v + Δ,    w = anchor − η·(Δ + μ·v)
 *
 * Everything that is no weight stays as it was averaged.
 */
export function takeOuterStep(
  average: TrainingState,
  { anchor, velocity }: OuterState,
  { momentum, learningRate }: OuterSettings,
): { readonly state: TrainingState; readonly outer: OuterState } {
  const tensors = new Map(average.tensors);
  const velocities = new Map<string, FloatTensor>();
  for (const [name, { shape, data: before }] of anchor) {
    const mean = average.tensors.get(name)?.data;
    const last = velocity.get(name)?.data;
    if (mean?.length !== before.length || last?.length !== before.length)
      throw unlike(`the weight ${name}`);
    const next = new Float32Array(before.length);
    const weights = new Float32Array(before.length);
    for (let i = 0; i < before.length; i++) {
      const delta = before[i] - mean[i];
      next[i] = momentum * last[i] + delta;
      weights[i] = before[i] - learningRate * (delta + momentum * next[i]);
    }
    velocities.set(name, { shape, data: next });
    tensors.set(name, { shape, data: weights });
  }
  const state = { step: average.step, tensors };
  return {
    state,
    outer: { anchor: weightsOf(state, anchor), velocity: velocities },
  };
}

/** Before the first round: where it begins, at rest. */
export const startOuter = (
  state: TrainingState,
  weightNames: readonly string[],
): OuterState => {
  const anchor = weightsOf(
    state,
    new Map(weightNames.map((name) => [name, null])),
  );
  return {
    anchor,
    velocity: new Map(
      [...anchor].map(([name, { shape, data }]) => [
        name,
        { shape, data: new Float32Array(data.length) },
      ]),
    ),
  };
};

const weightsOf = (
  { tensors }: TrainingState,
  names: ReadonlyMap<string, unknown>,
): NamedTensors => new Map([...tensors].filter(([name]) => names.has(name)));

/** Whether rounds have anything to remember beyond the average. */
export const hasOuterState = ({
  momentum,
  learningRate,
}: OuterSettings): boolean => momentum !== 0 || learningRate !== 1;
