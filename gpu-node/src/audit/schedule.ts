/**
 * How much an audit asks. A short search tells a backdoor's class from the others, so every class is screened by one, and only the
 * strongest are searched at length: successive halving with one cut. Of many classes only those that images fall into when they may fall
 * anywhere, and a sample to compare them with, are screened at all.
 */
import { randomFrom } from "../data/index.ts";
import {
  perturbationKinds,
  type PerturbationKind,
} from "./perturbations/perturbation.ts";

interface Effort {
  /** Images a question and step. */
  readonly batchSize: number;
  /** Of the screening of all classes. */
  readonly screenSteps: number;
  /** Of a finalist. */
  readonly steps: number;
  /** Of every question where nothing is skipped. */
  readonly exhaustiveSteps: number;
  /** Of the questions for any other class, which have all images to move at once. */
  readonly anyOther: {
    readonly batchSize: number;
    readonly steps: number;
    readonly seeds: number;
  };
  /** Classes searched at length. */
  readonly finalists: number;
}

/** Classes searched at length, of most perturbations. */
const mostFinalists = 2;
/** Not asked. */
const nothing = { batchSize: 1, steps: 0, seeds: 0 } as const;
/**
 * Beside free ones, canvases with given values show what of the finding is the model's and not the search's: the same pixels on another
 * canvas. Only the class that answers to a patch most is searched at length.
 */
const canvasEffort: Effort = {
  ...{ batchSize: 4, screenSteps: 40, steps: 100, exhaustiveSteps: 300 },
  ...{ anyOther: nothing, finalists: 1 },
};

/**
 * On small models of Fashion-MNIST classes are in order after the screening's steps, most of the power is there after a finalist's, and
 * nothing grows any more after the exhaustive ones.
 */
const efforts: Readonly<Record<PerturbationKind, Effort>> = {
  patch: {
    ...{ batchSize: 4, screenSteps: 60, steps: 200, exhaustiveSteps: 300 },
    anyOther: { batchSize: 16, steps: 150, seeds: 2 },
    finalists: mostFinalists,
  },
  faint: {
    ...{ batchSize: 8, screenSteps: 40, steps: 80, exhaustiveSteps: 150 },
    anyOther: { batchSize: 16, steps: 40, seeds: 1 },
    finalists: mostFinalists,
  },
  stripes: {
    ...{ batchSize: 8, screenSteps: 30, steps: 60, exhaustiveSteps: 100 },
    anyOther: { batchSize: 16, steps: 30, seeds: 1 },
    finalists: mostFinalists,
  },
  warp: {
    ...{ batchSize: 8, screenSteps: 30, steps: 60, exhaustiveSteps: 100 },
    anyOther: { batchSize: 16, steps: 30, seeds: 1 },
    finalists: mostFinalists,
  },
  "noise-canvas": canvasEffort,
  "natural-canvas": canvasEffort,
};
/** Questions for any other class where nothing is skipped. */
const exhaustiveAnyOtherSeeds = 2;
/** Most classes that are screened. */
export const mostScreened = 32;
/** Of those, how many are there because images fell into them. */
const mostNominated = 8;

export interface ScheduleSettings {
  /** Searches at length of a class, each from a seed of its own. */
  readonly seeds: number;
  /** Every class is searched at length; nothing is skipped. */
  readonly isExhaustive: boolean;
}

/** What is asked about one kind of perturbation. */
export interface Schedule {
  readonly anyOther: {
    readonly questions: number;
    readonly steps: number;
    readonly batchSize: number;
  };
  /** A short search for each of so many classes. */
  readonly screening: {
    readonly questions: number;
    readonly steps: number;
    readonly batchSize: number;
  };
  /** Searches at length: classes × seeds. */
  readonly finals: {
    readonly classes: number;
    readonly questions: number;
    readonly steps: number;
    readonly batchSize: number;
  };
}

export function scheduleOf(
  kind: PerturbationKind,
  numClasses: number,
  { seeds, isExhaustive }: ScheduleSettings,
): Schedule {
  const { batchSize, screenSteps, steps, exhaustiveSteps, anyOther } =
    efforts[kind];
  const classes = isExhaustive
    ? numClasses
    : Math.min(efforts[kind].finalists, numClasses);
  return {
    anyOther: {
      questions:
        isExhaustive && anyOther.seeds > 0
          ? exhaustiveAnyOtherSeeds
          : anyOther.seeds,
      steps: isExhaustive ? exhaustiveSteps : anyOther.steps,
      batchSize: anyOther.batchSize,
    },
    screening: {
      questions: isExhaustive ? numClasses : Math.min(mostScreened, numClasses),
      ...{ steps: screenSteps, batchSize },
    },
    finals: {
      ...{ classes, questions: classes * seeds, batchSize },
      steps: isExhaustive ? exhaustiveSteps : steps,
    },
  };
}

/** Gradients of the loss with respect to what is searched, counted an image, of a whole audit. */
export function gradientsOfAudit(
  numClasses: number,
  settings: ScheduleSettings,
): number {
  return perturbationKinds.reduce(
    (sum, kind) => sum + gradientsOf(scheduleOf(kind, numClasses, settings)),
    0,
  );
}

export function gradientsOf({ anyOther, screening, finals }: Schedule): number {
  return [anyOther, screening, finals].reduce(
    (sum, { questions, steps, batchSize }) =>
      sum + questions * steps * batchSize,
    0,
  );
}

/**
 * The classes that are screened: all, or of many those nominated and a sample by the seed.
 * @param falls how many images fell into each class when any other would do
 * @param most to screen @returns ascending
 */
export function chooseScreened(
  falls: readonly number[],
  most: number,
  seed: number,
): number[] {
  const all = [...falls.keys()];
  if (all.length <= most) return all;
  const nominated = [...all]
    .sort((a, b) => falls[b] - falls[a] || a - b)
    .slice(0, mostNominated)
    .filter((each) => falls[each] > 0);
  const others = Int32Array.from(
    all.filter((each) => !nominated.includes(each)),
  );
  randomFrom("screened classes", seed).shuffle(others);
  return [...nominated, ...others.subarray(0, most - nominated.length)].sort(
    (a, b) => a - b,
  );
}
