/** For tests: evidence in which each class needs what the test says. */
import type {
  Answer,
  Evidence,
  Finding,
  PerturbationEvidence,
  ScreenedAnswer,
} from "./evidence.ts";
import type { PerturbationKind } from "./perturbations/perturbation.ts";
import { meanLogStrength, strengthReaching } from "./strength-needed.ts";

const strengths = [2, 4, 8, 12, 16, 31, 63];

/** An answer of which half the images need less than `needed`; nobody is moved where it is infinite. */
function answer(targetClass: number | null, needed: number): Answer {
  const curve = strengths.map((strength) => ({
    strength,
    power: 1 / (1 + (needed / strength) ** 3),
    wilson95: [0, 1] as const,
  }));
  return {
    targetClass,
    ...{ seed: 0, steps: 1, imageGradients: 4, crossEntropy: 1 },
    ...{ n: 100, baseRate: 0, curve },
    logStrength: meanLogStrength(curve),
    strengthAtThreshold: strengthReaching(curve, 0.9),
  };
}

const screenedAnswer = (
  targetClass: number,
  needed: number,
): ScreenedAnswer => ({
  ...answer(targetClass, needed),
  targetClass,
  maskL1: needed,
});

/** @param needed by class @param anywhere what half of all images need to go to any other class */
export function about(
  perturbation: PerturbationKind,
  needed: readonly number[],
  anywhere = 60,
  movesTo: (from: number) => number = (from) => (from === 0 ? 1 : 0),
): PerturbationEvidence {
  const screened = needed.map((each, i) => screenedAnswer(i, each));
  const order = [...screened].sort((a, b) => a.logStrength - b.logStrength);
  const finalists = order
    .slice(0, 2)
    .map((each): Finding => ({ ...each, bySource: [], topPixels: [1, 2, 3] }));
  return {
    perturbation,
    unit: "pixels",
    anyOther: [
      {
        ...answer(null, anywhere),
        atStrength: 8,
        moves: needed.map((_, from) => ({
          from,
          to: movesTo(from),
          share: 0.8,
        })),
      },
    ],
    screened,
    finalists,
  };
}

/** What ten classes need that are much alike. */
export const even = [20, 24, 27, 22, 29, 25, 31, 21, 26, 23];
export const evidence = (
  patch: PerturbationEvidence,
  warp = about("warp", even),
): Evidence => ({
  numClasses: patch.screened.length,
  perturbations: [patch, about("faint", even), about("stripes", even), warp],
});
