/**
 * What each class needs in the other models of a collection that have the same architecture. Nobody has said that those are clean; but where
 * most models do not share one backdoor, the median over them is what is usual of a class. Pure.
 */
import type { Evidence } from "./evidence.ts";
import {
  perturbationKinds,
  type PerturbationKind,
} from "./perturbations/perturbation.ts";
import type { References } from "./references.ts";
import { fewestCompared } from "./verdict.ts";

/** Others, that is: with fewer, two models with one target would move the median. */
export const fewestPeers = 5;

/**
 * @param models of one architecture and with the same classes, asked the same questions
 * @param source what the others are, for people
 * @returns by model: what is usual in the others; null where they are too few to say it of three classes of each kind
 */
export function usualAmongPeers(
  models: readonly Evidence[],
  source: string,
): (References | null)[] {
  if (models.length <= fewestPeers) return models.map(() => null);
  const [{ numClasses }] = models;
  const needed = new Map(
    perturbationKinds.map((kind) => [
      kind,
      Array.from({ length: numClasses }, (_, wanted) =>
        models
          .flatMap((model) => neededBy(model, kind, wanted) ?? [])
          .sort((a, b) => a - b),
      ),
    ]),
  );
  return models.map((model) => {
    const usual = Object.fromEntries(
      perturbationKinds.map((kind) => [
        kind,
        needed
          .get(kind)!
          .map((values, wanted) =>
            medianWithout(values, neededBy(model, kind, wanted)),
          ),
      ]),
    ) as unknown as References["needed"];
    return isEnough(model, usual) ? { source, needed: usual } : null;
  });
}

function neededBy(
  { perturbations }: Evidence,
  kind: PerturbationKind,
  wanted: number,
): number | null {
  return (
    perturbations
      .find(({ perturbation }) => perturbation === kind)
      ?.screened.find(({ targetClass }) => targetClass === wanted)
      ?.logStrength ?? null
  );
}

/** @param own is one of them, which is left out; null: none is */
function medianWithout(
  ascending: readonly number[],
  own: number | null,
): number | null {
  const left = own === null ? -1 : ascending.indexOf(own);
  const count = ascending.length - (left < 0 ? 0 : 1);
  if (count < fewestPeers) return null;
  const at = (rank: number) =>
    ascending[left >= 0 && rank >= left ? rank + 1 : rank];
  return (at((count - 1) >> 1) + at(count >> 1)) / 2;
}

const isEnough = (
  { perturbations }: Evidence,
  usual: References["needed"],
): boolean =>
  perturbations.every(
    ({ perturbation, screened }) =>
      screened.filter(
        ({ targetClass }) => usual[perturbation][targetClass] !== null,
      ).length >= fewestCompared,
  );
