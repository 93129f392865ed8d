/** What an audit asks of a model: is there a small change of one kind that makes it predict a class, or anything but what is right. */
import type { PerturbationKind } from "./perturbations/perturbation.ts";

export interface Question {
  readonly perturbation: PerturbationKind;
  /** What images of all other classes are to be taken for. Null: images of all classes for anything but their own class. */
  readonly targetClass: number | null;
  /** Of the start and of the order of the images. */
  readonly seed: number;
}

/** How far the search for an answer has come, and all that is needed to go on. */
export interface QuestionState {
  readonly step: number;
  /** Values of the perturbation's variables. */
  readonly variables: readonly Float32Array[];
  /** Of the last step's images, before that step; NaN before the first. */
  readonly crossEntropy: number;
}

export function describeQuestion({
  perturbation,
  targetClass,
  seed,
}: Question): string {
  const goal =
    targetClass === null ? "any other class" : `class ${targetClass}`;
  return `${perturbation} to ${goal}, seed ${seed}`;
}
