/** How far a training has come: all that is needed to go on from there. */
import type { Shape } from "../engine/index.ts";
import { initialWeights, type Outline } from "./architecture.ts";
import type { Optimizer } from "./optimizer.ts";

/** A tensor that a step takes in and gives out anew. */
export interface StateTensor {
  /** Of the graph's input. */
  readonly name: string;
  readonly shape: Shape;
}

export interface TrainingState {
  /** Steps done. */
  readonly step: number;
  /** Weights, the optimizer's slots, running moments, by the names of `listState`. */
  readonly tensors: NamedTensors;
}

export interface FloatTensor {
  readonly shape: Shape;
  readonly data: Float32Array;
}

export type NamedTensors = ReadonlyMap<string, FloatTensor>;

const momentStarts = { mean: 0, variance: 1 } as const;

/** Weights in the order of the parameters, the optimizer's slots of each, running moments of each normalisation. */
export const listState = (
  { parameters, normalisations }: Outline,
  { slotNames }: Pick<Optimizer, "slotNames">,
): readonly StateTensor[] => [
  ...parameters.map(({ name, shape }) => ({ name, shape })),
  ...parameters.flatMap(({ name, shape }) =>
    slotNames.map((slot) => ({ name: `${name}/${slot}`, shape })),
  ),
  ...normalisations.flatMap(({ name, channels }) =>
    Object.keys(momentStarts).map((moment) => ({
      name: `${name}.${moment}`,
      shape: [channels],
    })),
  ),
];

/** Before the first step: initial weights, slots of zeros, moments of mean 0 and variance 1. */
export function startState(
  outline: Outline,
  optimizer: Pick<Optimizer, "slotNames">,
  seed: number,
): TrainingState {
  const { parameters, normalisations } = outline;
  const weights = initialWeights(parameters, seed);
  const starts = new Map<string, Float32Array>();
  parameters.forEach(({ name }, index) => starts.set(name, weights[index]));
  for (const { name, channels } of normalisations)
    for (const [moment, value] of Object.entries(momentStarts))
      starts.set(`${name}.${moment}`, new Float32Array(channels).fill(value));
  return {
    step: 0,
    tensors: new Map(
      listState(outline, optimizer).map(({ name, shape }) => [
        name,
        { shape, data: starts.get(name) ?? new Float32Array(sizeOf(shape)) },
      ]),
    ),
  };
}

/** What a graph's inputs of these names are fed with. */
export const feedsOf = (
  tensors: NamedTensors,
): Readonly<Record<string, Float32Array>> =>
  Object.fromEntries([...tensors].map(([name, { data }]) => [name, data]));

const sizeOf = (shape: Shape): number =>
  shape.reduce((product, size) => product * size, 1);
