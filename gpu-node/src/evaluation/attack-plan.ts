/** Which attacks a model is put to, in which order: from the cheapest to the dearest, since an image that falls is done. */
import type { ApgdSettings } from "../attacks/apgd.ts";
import { apgd, apgdTargeted } from "../attacks/apgd.ts";
import type { AttackLoss } from "../attacks/attack-graph.ts";
import type {
  ImageAttack,
  Scores,
  ScoresAndGradient,
} from "../attacks/attacked-model.ts";
import { pgd, type PerturbationBound } from "../attacks/pgd.ts";
import { square } from "../attacks/square.ts";
import { randomFrom } from "../data/index.ts";

export interface RobustnessSettings extends PerturbationBound {
  /** PGD alone, or PGD, APGD-CE, APGD-T and (L∞) Square together. */
  readonly attack: "pgd" | "ensemble";
  /** Of PGD; APGD finds its own. */
  readonly stepSize: number;
  readonly pgdSteps: number;
  /** Of each climb of APGD-CE and APGD-T. */
  readonly apgdSteps: number;
  /** Classes that APGD-T aims at, the nearest ones. */
  readonly apgdTargets: number;
  readonly squareQueries: number;
  readonly seed: number;
}

/** An image of a data set; what is random in its attack depends on its index there, and not on what else is attacked. */
export interface AttackedImage {
  readonly index: number;
  /** float32 [C, H, W] in [0,1]. */
  readonly image: Float32Array;
  readonly label: number;
}

interface Planned {
  readonly name: string;
  /** Questions that an image may take, for an estimate of the time: those without a gradient cost a third. */
  readonly work: number;
  /** What one of them is of it. */
  readonly perQuestion: number;
}

export type PlannedAttack =
  | (Planned & {
      /** The gradient that it follows. */
      readonly loss: AttackLoss;
      readonly begin: (image: AttackedImage) => ImageAttack<ScoresAndGradient>;
    })
  | (Planned & {
      readonly loss: null;
      readonly begin: (image: AttackedImage) => ImageAttack<Scores>;
    });

/**
 * PGD with a random start, as everybody reports it; the others are those of AutoAttack (arXiv 2003.01690) without FAB.
 * Square is of L∞ only.
 */
export function planAttacks(
  settings: RobustnessSettings,
  imageShape: readonly [number, number, number],
  numClasses: number,
): PlannedAttack[] {
  const { norm, epsilon, stepSize, pgdSteps, apgdSteps, squareQueries, seed } =
    settings;
  const bound = { norm, epsilon };
  const targets = Math.min(settings.apgdTargets, numClasses - 1);
  const climbs: ApgdSettings = { ...bound, steps: apgdSteps };
  const byPgd: PlannedAttack = {
    name: `PGD-${pgdSteps}`,
    work: pgdSteps,
    perQuestion: 1,
    loss: "cross-entropy",
    begin: ({ image, index }) =>
      pgd(
        image,
        { ...bound, stepSize, steps: pgdSteps, hasRandomStart: true },
        randomFrom("pgd", seed, index),
      ),
  };
  if (settings.attack === "pgd") return [byPgd];
  const ensemble: PlannedAttack[] = [
    byPgd,
    {
      name: "APGD-CE",
      work: apgdSteps + 1,
      perQuestion: 1,
      loss: "cross-entropy",
      begin: ({ image, label, index }) =>
        apgd(image, label, climbs, randomFrom("apgd-ce", seed, index)),
    },
    {
      name: "APGD-T",
      work: targets * (apgdSteps + 1) + 1,
      perQuestion: 1,
      loss: "targeted-dlr",
      begin: ({ image, label, index }) =>
        apgdTargeted(
          image,
          label,
          { ...climbs, targets },
          randomFrom("apgd-t", seed, index),
        ),
    },
  ];
  if (norm === "l2") return ensemble;
  const bySquare: PlannedAttack = {
    name: "Square",
    work: squareQueries / 3,
    perQuestion: 1 / 3,
    loss: null,
    begin: ({ image, label, index }) =>
      square(
        image,
        label,
        imageShape,
        { epsilon, queries: squareQueries },
        randomFrom("square", seed, index),
      ),
  };
  return [...ensemble, bySquare];
}
