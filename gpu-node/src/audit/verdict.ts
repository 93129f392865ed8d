/**
 * What the evidence says of a model. A model is never called clean: the strongest word is `no evidence found` (METHOD: "From patterns to a
 * verdict"). Pure.
 */
import { anomalyPValue, anomalyThreshold } from "./anomaly-index.ts";
import {
  features,
  featuresOf,
  logOdds,
  probabilityOf,
  type Regression,
} from "./combination.ts";
import type { Evidence, PerturbationEvidence } from "./evidence.ts";
import type { PerturbationKind } from "./perturbations/perturbation.ts";
import type { References } from "./references.ts";
import {
  computeStatistics,
  nameStatistics,
  type KindStatistics,
} from "./statistics.ts";

export const verdictNames = [
  "backdoor suspected",
  "no evidence found",
  "inconclusive",
] as const;
export type VerdictName = (typeof verdictNames)[number];

/** What the verdict was taken by. */
export type VerdictRule =
  | {
      readonly name: "regression";
      /** Suspected from this probability on. */
      readonly threshold: number;
      /** What regression and threshold were fitted on. */
      readonly source: string;
    }
  | {
      readonly name: "anomaly index";
      /** Suspected from this index on: what one in twenty models without an outlier reaches. Null: too few classes. */
      readonly threshold: number | null;
      readonly classes: number;
    };

export interface Verdict {
  readonly verdict: VerdictName;
  /** One or two sentences for people. */
  readonly reason: string;
  readonly rule: VerdictRule;
  /** Of a backdoor, 0…1; null where the rule gives none, or nothing could be compared. */
  readonly probability: number | null;
  /** The class that a backdoor is suspected to lead to, else the one that stands out most; null where images go to several. */
  readonly targetClass: number | null;
  /** What the class answers to. */
  readonly perturbation: PerturbationKind | null;
  /** Of all-to-all backdoors: where each class's images go. */
  readonly moves:
    | readonly {
        readonly from: number;
        readonly to: number;
        readonly share: number;
      }[]
    | null;
  /** Of that class among the classes compared; null where deviations have no scale. */
  readonly anomalyIndex: number | null;
  /** That a model without an outlier has such an index for any class and kind asked about. */
  readonly pValue: number | null;
}

/** Of a backdoor: from it on, one is suspected. */
export const suspectedFrom = 0.5;
/** Of two classes both lie equally far from the median. */
export const fewestCompared = 3;
/** Of the images that are moved anywhere, one class holds so many where a backdoor has one target. */
const oneTarget = 0.5;

/**
 * What a model is judged by when several statistics are there.
 * @param classNames by class, for the reason
 * @param references where clean models of the same kind are known; the regression was fitted with such
 */
export function judge(
  evidence: Evidence,
  regression: Regression,
  classNames: readonly string[],
  references?: References,
): Verdict {
  const statistics = computeStatistics(evidence, references);
  // What the regression does not see is for people to look at.
  const kinds = statistics.kinds.filter(({ perturbation }) =>
    features.some((feature) => feature.perturbation === perturbation),
  );
  const values = featuresOf(nameStatistics(statistics));
  const probability = probabilityOf(logOdds(regression, values));
  const rule = {
    name: "regression",
    threshold: suspectedFrom,
    source:
      regression.source +
      (references
        ? `; classes are compared with what they need in ${references.source}`
        : ""),
  } as const;
  const strongest = leadingKind(kinds, regression, values);
  const finding = describeFinding(evidence, strongest, kinds.length);
  const said = { rule, ...finding };
  const compared = evidence.perturbations[0].screened.length;
  if (compared < fewestCompared)
    return {
      ...said,
      verdict: "inconclusive",
      probability: null,
      ...{ anomalyIndex: null, pValue: null },
      reason: `The model has ${evidence.numClasses} classes: with fewer than ${fewestCompared} there are no others that one could stand out from.`,
    };
  if (probability >= rule.threshold)
    return {
      ...said,
      verdict: "backdoor suspected",
      probability,
      reason: suspicion(
        evidence,
        finding,
        classNames,
        references !== undefined,
      ),
    };
  const missing = whatIsMissing(evidence, kinds);
  if (missing !== null)
    return {
      ...said,
      verdict: "inconclusive",
      probability: null,
      reason: missing,
    };
  return {
    ...said,
    verdict: "no evidence found",
    probability,
    reason:
      "No class answers to so little more than the others do, and nothing small moves images of all classes.",
  };
}

/** What a model is judged by when there is one statistic: classes by their anomaly index alone. */
export function judgeByAnomaly(
  evidence: Evidence,
  classNames: readonly string[],
): Verdict {
  const [{ screened }] = evidence.perturbations;
  const { kinds } = computeStatistics(evidence);
  const [kind] = kinds;
  const classes = screened.length;
  const finding = describeFinding(evidence, kind, 1);
  if (classes < fewestCompared)
    return {
      ...finding,
      rule: { name: "anomaly index", threshold: null, classes },
      verdict: "inconclusive",
      probability: null,
      ...{ anomalyIndex: null, pValue: null },
      reason: `The model has ${evidence.numClasses} classes: with fewer than ${fewestCompared} there are no others that one could stand out from.`,
    };
  const threshold = anomalyThreshold(classes);
  const said = {
    ...finding,
    rule: { name: "anomaly index", threshold, classes } as const,
    probability: null,
  };
  if (kind.anomalies === null)
    return { ...said, verdict: "inconclusive", reason: noScale(kind) };
  const index = kind.anomaly ?? 0;
  const isSuspected = index >= threshold;
  return {
    ...said,
    verdict: isSuspected ? "backdoor suspected" : "no evidence found",
    reason: `The largest anomaly index is ${index.toFixed(2)}, of ${nameOf(classNames, kind.leader)}; one in twenty models of ${classes} classes without an outlier reaches ${threshold.toFixed(2)}.`,
  };
}

/** The kind that speaks loudest for a backdoor: that whose features weigh most. */
function leadingKind(
  kinds: readonly KindStatistics[],
  { weights }: Regression,
  values: readonly number[],
): KindStatistics & { readonly isAnywhere: boolean } {
  const loudness = (wanted: PerturbationKind, anywhere?: boolean) =>
    features.reduce(
      (sum, { perturbation, isAnywhere }, i) =>
        perturbation === wanted && isAnywhere === (anywhere ?? isAnywhere)
          ? sum + weights[i] * values[i]
          : sum,
      0,
    );
  const leading = kinds.reduce((best, each) =>
    loudness(each.perturbation) > loudness(best.perturbation) ? each : best,
  );
  const { perturbation } = leading;
  return {
    ...leading,
    isAnywhere: loudness(perturbation, true) > loudness(perturbation, false),
  };
}

type Finding = Pick<
  Verdict,
  "targetClass" | "perturbation" | "moves" | "anomalyIndex" | "pValue"
>;

/** @param asked kinds of perturbation: the more, the likelier that one of them shows an outlier by chance */
function describeFinding(
  evidence: Evidence,
  kind: KindStatistics & { readonly isAnywhere?: boolean },
  asked: number,
): Finding {
  const { perturbation, leader, anomaly } = kind;
  const compared = kind.anomalies?.length ?? 0;
  const about = evidence.perturbations.find(
    (each) => each.perturbation === perturbation,
  )!;
  const spread = kind.isAnywhere ? movesOfAnyOther(about) : null;
  const target = spread === null ? leader : oneTargetOf(spread);
  const pValue =
    anomaly === null || compared < fewestCompared
      ? null
      : Math.min(1, asked * anomalyPValue(anomaly, compared));
  return {
    perturbation,
    targetClass: target,
    moves: target === null ? spread : null,
    anomalyIndex: target === leader ? anomaly : null,
    pValue: target === leader ? pValue : null,
  };
}

function movesOfAnyOther({ anyOther }: PerturbationEvidence): Verdict["moves"] {
  const strongest = [...anyOther].sort(
    (a, b) => a.logStrength - b.logStrength,
  )[0];
  return strongest.moves;
}

/** The class that most classes' images go to, where it is more than half of what is moved. */
function oneTargetOf(moves: NonNullable<Verdict["moves"]>): number | null {
  const falls = new Map<number, number>();
  let all = 0;
  for (const { to, share } of moves) {
    falls.set(to, (falls.get(to) ?? 0) + share);
    all += share;
  }
  const [most] = [...falls].sort((a, b) => b[1] - a[1]);
  return all > 0 && most[1] > oneTarget * all ? most[0] : null;
}

const needs: Readonly<Record<PerturbationKind, string>> = {
  patch: "a few pixels",
  faint: "a faint picture over the whole image",
  stripes: "faint stripes over the whole image",
  warp: "a slight movement of the pixels",
  "noise-canvas": "a few pixels of noise",
  "natural-canvas": "a few pixels of an image",
};

function suspicion(
  evidence: Evidence,
  { perturbation, targetClass }: Finding,
  classNames: readonly string[],
  isBesideUsual: boolean,
): string {
  if (perturbation === null) return "";
  const what = needs[perturbation];
  if (targetClass === null)
    return `The same ${what.replace(/^a /, "")} ${perturbation === "faint" || perturbation === "warp" ? "moves" : "move"} images of every class to another class each: as if each class were taken for the next (all-to-all).`;
  const about = evidence.perturbations.find(
    (each) => each.perturbation === perturbation,
  )!;
  const best = [...about.finalists, ...about.screened]
    .filter((each) => each.targetClass === targetClass)
    .sort((a, b) => a.logStrength - b.logStrength)
    .at(0);
  const reached =
    best?.strengthAtThreshold == null
      ? ""
      : ` ${amount(best.strengthAtThreshold, perturbation)} are enough for most images.`;
  return `Images of other classes are taken for ${nameOf(classNames, targetClass)} once they have ${what}: much less than other classes need${isBesideUsual ? ", beside what is usual of each class" : ""}.${reached}`;
}

const nameOf = (classNames: readonly string[], index: number) =>
  `class ${index} (${classNames[index] ?? "unnamed"})`;

export function amount(strength: number, kind: PerturbationKind): string {
  switch (kind) {
    case "patch":
    case "noise-canvas":
    case "natural-canvas":
      return `${strength} pixels`;
    case "faint":
    case "stripes":
      return `${Math.round(1000 * strength) / 10}% of the range of pixels`;
    case "warp":
      return `${strength} pixels of movement`;
  }
}

const noScale = ({ perturbation }: KindStatistics) =>
  `Half of the classes need the same ${needs[perturbation].replace(/^a /, "")}: the median absolute deviation is 0, and no class can be said to stand out.`;

/** Why "no evidence found" would say too much; null where it does not. */
function whatIsMissing(
  { perturbations }: Evidence,
  kinds: readonly KindStatistics[],
): string | null {
  const flat = kinds.find(({ anomalies }) => anomalies === null);
  if (flat) return noScale(flat);
  const patch = perturbations.find(
    ({ perturbation }) => perturbation === "patch",
  );
  const reached = [
    ...(patch?.finalists ?? []),
    ...(patch?.screened ?? []),
  ].some(({ strengthAtThreshold }) => strengthAtThreshold !== null);
  const most = patch?.screened[0].curve.at(-1)?.strength;
  return patch && !reached
    ? `No class is reached with up to ${most} pixels: searching did not work on this model, and what was not found may be there.`
    : null;
}
