/** What a worker leaves of a round, and what the next round begins with: the average of what all of them left. */
import { existsSync } from "node:fs";
import { MotifError } from "../motif-error.ts";
import { outlineOf } from "../training/architecture.ts";
import {
  hasOuterState,
  newAverage,
  requireSteps,
  roundBegin,
  startOuter,
  takeOuterStep,
  type OuterState,
  type SpreadSettings,
} from "../training/local-sgd.ts";
import { newOptimizer } from "../training/optimizer.ts";
import { stepsOfWorker } from "../training/train.ts";
import {
  startState,
  type NamedTensors,
  type TrainingState,
} from "../training/training-state.ts";
import type { PreparedTraining } from "./prepare-training.ts";
import { openCheckpoint, type TrainingFacts } from "./training-checkpoint.ts";

export interface RoundStart {
  readonly state: TrainingState;
  /** Null where averages are taken as they are. */
  readonly outer: OuterState | null;
}

/** In worker 0's file beside the state, for all: each worker begins with the same. */
const outerParts = ["anchor", "velocity"] as const;
const outerName = (part: (typeof outerParts)[number], name: string) =>
  `outer.${part}/${name}`;

/**
 * @param paths what the workers left of the round before, in their order; none before round 0
 * @param facts of the training, without what a machine computes with
 * @throws MotifError "usage" when a round would have no step, "storage" when a file is missing, damaged or of another training
 */
export async function startRound(
  round: number,
  paths: readonly string[],
  prepared: PreparedTraining,
  spread: SpreadSettings,
  facts: TrainingFacts,
): Promise<RoundStart> {
  const { architecture, shape, settings, batches } = prepared;
  const steps = stepsOfWorker(settings, batches, spread.workers);
  requireSteps(spread, steps);
  const outline = outlineOf(architecture, shape);
  const weightNames = outline.parameters.map(({ name }) => name);
  const hasOuter = hasOuterState(spread.outer);
  if (round === 0) {
    const optimizer = newOptimizer(settings.optimizer);
    const state = startState(outline, optimizer, settings.seed);
    return { state, outer: hasOuter ? startOuter(state, weightNames) : null };
  }
  const average = newAverage();
  let before: OuterState | null = null;
  for (const [worker, path] of paths.entries()) {
    const read = await readRound(path, facts);
    const { state, outer } = split(read, weightNames);
    average.add(state);
    if (worker === 0) before = outer;
  }
  const mean = average.mean();
  const begin = roundBegin(round, spread.rounds, steps);
  if (paths.length !== spread.workers || mean.step !== begin)
    throw new MotifError(
      "storage",
      `round ${round} begins after ${begin} steps of ${spread.workers} workers; what is there are ${mean.step} steps of ${paths.length}.`,
    );
  if (!hasOuter) return { state: mean, outer: null };
  if (!before)
    throw new MotifError(
      "storage",
      `${paths[0]}: the first worker's checkpoint lacks what the outer step needs.`,
    );
  return takeOuterStep(mean, before, spread.outer);
}

/** @param start what the round began with @param state what the worker made of it */
export async function writeRound(
  path: string,
  facts: TrainingFacts,
  worker: number,
  start: RoundStart,
  state: TrainingState,
): Promise<void> {
  const { outer } = start;
  const tensors = new Map(state.tensors);
  if (worker === 0 && outer)
    for (const part of outerParts)
      for (const [name, tensor] of outer[part])
        tensors.set(outerName(part, name), tensor);
  await openCheckpoint(path, facts).write({ step: state.step, tensors });
}

async function readRound(
  path: string,
  facts: TrainingFacts,
): Promise<TrainingState> {
  const state = existsSync(path) && (await openCheckpoint(path, facts).read());
  if (state) return state;
  throw new MotifError(
    "storage",
    `${path}: the checkpoint of the round before is missing or damaged.`,
  );
}

function split(
  { step, tensors }: TrainingState,
  weightNames: readonly string[],
): { readonly state: TrainingState; readonly outer: OuterState | null } {
  const taken = new Set<string>();
  const part = (which: (typeof outerParts)[number]): NamedTensors =>
    new Map(
      weightNames.flatMap((name) => {
        const stored = outerName(which, name);
        const tensor = tensors.get(stored);
        if (!tensor) return [];
        taken.add(stored);
        return [[name, tensor] as const];
      }),
    );
  const outer = { anchor: part("anchor"), velocity: part("velocity") };
  return {
    state: {
      step,
      tensors: new Map([...tensors].filter(([name]) => !taken.has(name))),
    },
    outer: outer.anchor.size === weightNames.length ? outer : null,
  };
}
