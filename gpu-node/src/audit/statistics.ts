/**
 * What tells a backdoored model from a clean one, a number each, computed from the evidence. All are larger where a backdoor is likelier.
 * Null: the evidence does not give it, with the reason where a person should know it.
 */
import { anomalyIndices } from "./anomaly-index.ts";
import type {
  Answer,
  AnyOtherAnswer,
  Evidence,
  PerturbationEvidence,
  ScreenedAnswer,
} from "./evidence.ts";
import type { References } from "./references.ts";
import {
  isCanvas,
  type PerturbationKind,
} from "./perturbations/perturbation.ts";

/** How one kind of perturbation sets classes apart. */
export interface KindStatistics {
  readonly perturbation: PerturbationKind;
  /** The class that needs least of it. */
  readonly leader: number;
  /** By class compared: anomaly index of the mean log strength needed; null where deviations have no scale. */
  readonly anomalies:
    | readonly {
        readonly targetClass: number;
        readonly index: number;
      }[]
    | null;
  /** The leader's anomaly index. */
  readonly anomaly: number | null;
  /** How much less the leader needs than the next class: difference of logarithms, nats. Null where deviations have no scale. */
  readonly gap: number | null;
  /**
   * Excess of images moved anywhere over those that are wrong anyway, 0…1: the mean over weak strengths, of the better seed. Null where it
   * was not asked.
   */
  readonly anywhere: number | null;
}

/** Over one model. */
export interface ModelStatistics {
  readonly kinds: readonly KindStatistics[];
  /** Anomaly index of the leader's log k*, of patches; classes that reach the threshold nowhere count as needing twice the most tried. */
  readonly kStarAnomaly: number | null;
  /** Anomaly index of the smallest log mask size. */
  readonly maskAnomaly: number | null;
  /** Of the patch leader's top pixels between seeds: mean intersection over union, 0…1. */
  readonly seedOverlap: number | null;
  /** Of the patch leader's top pixels with those on a noise and on a natural canvas: mean intersection over union, 0…1. */
  readonly canvasOverlap: number | null;
  /** Where the patch leader reaches the threshold: its power less the next finalist's there. */
  readonly asymmetry: number | null;
}

/** @param references where they are given, classes are compared by how much less they need than is usual */
export function computeStatistics(
  evidence: Evidence,
  references?: References,
): ModelStatistics {
  const kinds = evidence.perturbations.map((about) =>
    statisticsOf(about, references),
  );
  const patch = evidence.perturbations.find(
    ({ perturbation }) => perturbation === "patch",
  );
  if (!patch)
    return {
      kinds,
      kStarAnomaly: null,
      maskAnomaly: null,
      seedOverlap: null,
      canvasOverlap: null,
      asymmetry: null,
    };
  const most = patch.screened[0].curve.at(-1)!.strength;
  const largest = (scores: readonly number[]) => {
    const indices = anomalyIndices(scores);
    return indices && Math.max(...indices);
  };
  return {
    kinds,
    kStarAnomaly: largest(
      patch.screened.map(({ strengthAtThreshold }) =>
        Math.log(strengthAtThreshold ?? 2 * most),
      ),
    ),
    maskAnomaly: largest(
      // A mask may vanish: less than a pixel is a pixel.
      patch.screened.map(({ maskL1 }) => Math.log(Math.max(1, maskL1 ?? 1))),
    ),
    seedOverlap: overlapBetweenSeeds(patch),
    canvasOverlap: overlapBetweenCanvases(patch, evidence.perturbations),
    asymmetry: asymmetryOf(patch),
  };
}

function statisticsOf(
  evidence: PerturbationEvidence,
  references: References | undefined,
): KindStatistics {
  const { perturbation, anyOther } = evidence;
  const compared = comparedAnswers(evidence, references);
  const order = [...compared].sort(
    (a, b) => a.score - b.score || a.targetClass - b.targetClass,
  );
  const indices = anomalyIndices(compared.map(({ score }) => score));
  const leader = order[0].targetClass;
  const anomalies =
    indices &&
    compared.map(({ targetClass }, i) => ({ targetClass, index: indices[i] }));
  return {
    perturbation,
    leader,
    anomalies,
    anomaly:
      anomalies?.find(({ targetClass }) => targetClass === leader)?.index ??
      null,
    gap:
      indices === null || order.length < 2
        ? null
        : order[1].score - order[0].score,
    anywhere:
      anyOther.length === 0 ? null : Math.max(0, ...anyOther.map(excessOf)),
  };
}

interface ComparedAnswer {
  readonly targetClass: number;
  /** Natural logarithm of what it needs; of the share of what is usual, where that is known. */
  readonly score: number;
}

/**
 * Classes by searches of one length: where every class was searched at length, by these (their mean over seeds). With references by short
 * searches, as those are; classes that they say nothing of are left out.
 */
export function comparedAnswers(
  evidence: Pick<
    PerturbationEvidence,
    "perturbation" | "screened" | "finalists"
  >,
  references?: References,
): ComparedAnswer[] {
  if (!references) return answersOfOneLength(evidence);
  const usual = references.needed[evidence.perturbation];
  const known = evidence.screened.flatMap(({ targetClass, logStrength }) => {
    const needed = usual[targetClass] ?? null;
    return needed === null
      ? []
      : [{ targetClass, score: logStrength - needed }];
  });
  // They may come from audits that did not ask about this kind.
  return known.length === 0 ? answersOfOneLength(evidence) : known;
}

/** By class compared: its anomaly index; of classes that are not compared, or where deviations have no scale, null. */
export function anomalyIndexByClass(
  evidence: Parameters<typeof comparedAnswers>[0],
  references?: References,
): (targetClass: number) => number | null {
  const compared = comparedAnswers(evidence, references);
  const indices = anomalyIndices(compared.map(({ score }) => score));
  return (wanted) =>
    indices?.[
      compared.findIndex(({ targetClass }) => targetClass === wanted)
    ] ?? null;
}

function answersOfOneLength({
  screened,
  finalists,
}: Pick<PerturbationEvidence, "screened" | "finalists">): ComparedAnswer[] {
  const atLength = Map.groupBy(finalists, ({ targetClass }) => targetClass);
  if (atLength.size < screened.length || atLength.size < 3)
    return screened.map(({ targetClass, logStrength }) => ({
      targetClass,
      score: logStrength,
    }));
  return screened.map(({ targetClass }) => {
    const seeds = atLength.get(targetClass)!;
    return {
      targetClass,
      score:
        seeds.reduce((sum, { logStrength }) => sum + logStrength, 0) /
        seeds.length,
    };
  });
}

/** Over the weaker half of the strengths: the stronger ones move images of any model. */
function excessOf({ curve, baseRate }: AnyOtherAnswer): number {
  if (baseRate >= 1) return 0;
  const weaker = curve.slice(0, Math.ceil(curve.length / 2));
  const sum = weaker.reduce(
    (total, { power }) => total + Math.max(0, power - baseRate),
    0,
  );
  return sum / weaker.length / (1 - baseRate);
}

function overlapBetweenSeeds({
  screened,
  finalists,
}: PerturbationEvidence): number | null {
  const leader = finalists.at(0)?.targetClass;
  const seeds = finalists
    .filter(({ targetClass }) => targetClass === leader)
    .map(({ topPixels }) => topPixels.slice(0, overlapSize(screened)));
  return meanOf(
    seeds.flatMap((a, i) => seeds.slice(i + 1).map((b) => overlapOf(a, b))),
  );
}

/** What is the model's and not the search's is at the same pixels whatever their values may be. */
function overlapBetweenCanvases(
  { screened, finalists }: PerturbationEvidence,
  perturbations: readonly PerturbationEvidence[],
): number | null {
  const [leader] = finalists;
  const size = overlapSize(screened);
  return meanOf(
    perturbations
      .filter(({ perturbation }) => isCanvas(perturbation))
      .flatMap((canvas) =>
        canvas.finalists
          .filter(({ targetClass }) => targetClass === leader.targetClass)
          .map(({ topPixels }) =>
            overlapOf(
              leader.topPixels.slice(0, size),
              topPixels.slice(0, size),
            ),
          ),
      ),
  );
}

/** Intersection over union. */
function overlapOf(a: readonly number[], b: readonly number[]): number {
  const others = new Set(b);
  const both = a.filter((pixel) => others.has(pixel)).length;
  return both / (a.length + b.length - both);
}

const meanOf = (values: readonly number[]) =>
  values.length === 0
    ? null
    : values.reduce((sum, value) => sum + value, 0) / values.length;

/** As many pixels as a small trigger has: 1.5% of the image's, the middle one of the sizes tried. */
const overlapSize = (screened: readonly ScreenedAnswer[]) =>
  screened[0].curve[screened[0].curve.length >> 1].strength;

function asymmetryOf({ finalists }: PerturbationEvidence): number | null {
  const [leader] = finalists;
  const next = finalists.find(
    ({ targetClass }) => targetClass !== leader.targetClass,
  );
  if (next === undefined) return null;
  const strength = leader.strengthAtThreshold ?? leader.curve.at(-1)!.strength;
  const at = (answer: Answer) =>
    answer.curve.find((point) => point.strength === strength)?.power ?? 0;
  return at(leader) - at(next);
}

export interface NamedStatistic {
  readonly name: string;
  /** Null: the evidence does not give it. */
  readonly value: number | null;
  readonly meaning: string;
}

/** All of them in one list: what a report shows and a benchmark measures. */
export function nameStatistics({
  kinds,
  ...ofPatches
}: ModelStatistics): NamedStatistic[] {
  return [
    ...kinds.flatMap(({ perturbation, gap, anomaly, anywhere }) => [
      {
        name: `${perturbation} gap`,
        value: gap,
        meaning:
          "how much less the first class needs than the second: difference of natural logarithms",
      },
      {
        name: `${perturbation} anomaly`,
        value: anomaly,
        meaning: "anomaly index of the class that needs least",
      },
      ...(anywhere === null
        ? []
        : [
            {
              name: `${perturbation} anywhere`,
              value: anywhere,
              meaning:
                "share of the images that one change moves to any other class, above those that are wrong anyway: the mean over weak strengths",
            },
          ]),
    ]),
    {
      name: "k* anomaly",
      value: ofPatches.kStarAnomaly,
      meaning: "anomaly index of the smallest log k*",
    },
    {
      name: "mask anomaly",
      value: ofPatches.maskAnomaly,
      meaning: "anomaly index of the smallest log mask size",
    },
    {
      name: "seed overlap",
      value: ofPatches.seedOverlap,
      meaning:
        "intersection over union of the first class's strongest pixels between seeds",
    },
    {
      name: "canvas overlap",
      value: ofPatches.canvasOverlap,
      meaning:
        "intersection over union of the first class's strongest pixels with those on noise and on natural canvases",
    },
    {
      name: "asymmetry",
      value: ofPatches.asymmetry,
      meaning:
        "power of the first class where it reaches the threshold, less the second class's there",
    },
  ];
}
