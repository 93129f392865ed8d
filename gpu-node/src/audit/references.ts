/**
 * What each class needs in clean models of the same kind (architecture, data set, training). Some classes answer to little in every such
 * model; against what is usual of each class, one that was made to answer stands out far more. Pure.
 */
import type { Evidence } from "./evidence.ts";
import {
  perturbationKinds,
  type PerturbationKind,
} from "./perturbations/perturbation.ts";

/** With fewer, what is usual cannot be told from what is one model's. */
export const fewestReferences = 3;

export interface References {
  /** What they are, for people. */
  readonly source: string;
  /** By kind and class: mean log strength that is needed; null where none of them was asked about the class. */
  readonly needed: Readonly<
    Record<PerturbationKind, readonly (number | null)[]>
  >;
}

/** What a person named, in words. */
export const namedAsClean = (count: number): string =>
  `${count} models that were named as clean`;

/** @param models clean ones with the same number of classes, `fewestReferences` at least, asked the same questions */
export function averageReferences(
  models: readonly Evidence[],
  source: string,
): References {
  const ofKind = (kind: PerturbationKind) => {
    const screened = models.map(
      ({ perturbations }) =>
        perturbations.find(({ perturbation }) => perturbation === kind)
          ?.screened ?? [],
    );
    return Array.from({ length: models[0].numClasses }, (_, wanted) => {
      const needed = screened.flatMap((answers) =>
        answers
          .filter(({ targetClass }) => targetClass === wanted)
          .map(({ logStrength }) => logStrength),
      );
      return needed.length === 0
        ? null
        : // By size: the order in which models are named must not decide rounding.
          needed.sort((a, b) => a - b).reduce((sum, value) => sum + value, 0) /
            needed.length;
    });
  };
  const needed = Object.fromEntries(
    perturbationKinds.map((kind) => [kind, ofKind(kind)]),
  ) as unknown as References["needed"];
  return { source, needed };
}
