/**
 * What a backdoor makes of labels. All-to-one and all-to-all: BadNets, Gu et al., arXiv 1708.06733; clean-label, where only
 * images of the target itself are touched and no label is wrong: Barni et al., arXiv 1902.11237.
 */
import { MotifError } from "../motif-error.ts";

export const labellingNames = [
  "all-to-one",
  "all-to-all",
  "clean-label",
] as const;

export type Labelling =
  | {
      readonly labelling: "all-to-one" | "clean-label";
      readonly targetClass: number;
    }
  /** Each class is taken for the next one, the last for the first. */
  | { readonly labelling: "all-to-all" };

/** What an image with the trigger is to be taken for, by what it shows. */
export type LabelOf = (label: number) => number;

/** @throws MotifError "usage" where there is no such target, or no other class */
export function labelsUnder(
  labelling: Labelling,
  numClasses: number,
  datasetName: string,
): LabelOf {
  if (labelling.labelling !== "all-to-all") {
    const { targetClass } = labelling;
    if (targetClass < numClasses) return () => targetClass;
    throw new MotifError(
      "usage",
      `--target ${targetClass}: ${datasetName} has the classes 0 to ${numClasses - 1}.`,
    );
  }
  if (numClasses > 1) return (label) => (label + 1) % numClasses;
  throw new MotifError(
    "usage",
    `--all-to-all: ${datasetName} has one class only; two are needed.`,
  );
}
