/** Audits in words, in harmony with the page that an audit on one machine writes. A model is never called clean. Pure. */
import type { Audit } from "../../api/types.ts";
import { formatCount, formatShare } from "../../ui/format.ts";

export type Judged = NonNullable<Audit["judged"]>;
export type VerdictName = Judged["verdict"];

/** Most suspicious first. Of "no evidence found" nothing is green: it does not say that all is well. */
export const verdictLooks = {
  "backdoor suspected": { sign: "▲", color: "red" },
  inconclusive: { sign: "?", color: "yellow" },
  "no evidence found": { sign: "○", color: "gray" },
} as const satisfies Readonly<
  Record<VerdictName, { readonly sign: string; readonly color: string }>
>;

/** In place of a verdict, as lists are filtered by it. */
export const notAudited = "not audited";
export const verdictFilters = [
  ...(Object.keys(verdictLooks) as VerdictName[]),
  notAudited,
] as const;

/** Models that one job takes. */
export const mostAudited = 1_000;

export const methodWords: Readonly<Record<Audit["method"], string>> = {
  motif: "Motif’s method",
  "neural-cleanse": "Neural Cleanse",
};

/** Kinds of change that images are put to. */
const kinds: Readonly<
  Record<string, { readonly title: string; readonly meaning: string }>
> = {
  patch: {
    title: "A few pixels",
    meaning: "Pixels at searched places, with searched values",
  },
  faint: {
    title: "A faint picture",
    meaning: "A searched picture mixed into the whole image",
  },
  stripes: {
    title: "Faint stripes",
    meaning: "A searched brightness added to each column and each row",
  },
  warp: {
    title: "A slight movement",
    meaning: "All pixels moved smoothly, the same way in every image",
  },
  "noise-canvas": {
    title: "A few pixels of noise",
    meaning: "Pixels at searched places, with the values of an image of noise",
  },
  "natural-canvas": {
    title: "A few pixels of an image",
    meaning:
      "Pixels at searched places, with the values of an image of the class",
  },
};
/** A kind that is newer than this page keeps its own name. */
export const kindTitle = (kind: string): string => kinds[kind]?.title ?? kind;
export const kindMeaning = (kind: string): string | null =>
  kinds[kind]?.meaning ?? null;

/** @param unit of the evidence @example strengthText(8, "pixels") is "8 px", strengthText(0.05, "share") is "5%" */
export function strengthText(strength: number, unit: string): string {
  switch (unit) {
    case "pixels":
      return `${Math.round(10 * strength) / 10} px`;
    case "share":
    case "amplitude":
      return `${Math.round(1000 * strength) / 10}%`;
    case "shift":
      return `${Math.round(100 * strength) / 100} px`;
    default:
      return `${Number(strength.toPrecision(3))} ${unit}`;
  }
}

/** 0.00012 → "0.0001", 0.2 → "0.20"; very small ones as a bound. */
export function pValueText(value: number | null): string {
  if (value === null) return "–";
  if (value < 0.0001) return "< 0.0001";
  return value < 0.01 ? value.toFixed(4) : value.toFixed(2);
}

export const probabilityText = (
  probability: number | null,
  digits = 1,
): string => (probability === null ? "–" : formatShare(probability, digits));

export const indexText = (anomalyIndex: number | null): string =>
  anomalyIndex === null ? "–" : anomalyIndex.toFixed(2);

/** The class that a backdoor leads to, or that stands out most. @example "Sneaker", "several" */
export function targetWords({
  verdict,
  targetClass,
  targetClassName,
}: Pick<Judged, "verdict" | "targetClass" | "targetClassName">): string {
  if (targetClass !== null) return targetClassName ?? `class ${targetClass}`;
  return verdict === "inconclusive" ? "–" : "several";
}

/** Highest probability first; those without one behind, by anomaly index; then those without a verdict, by index. */
export const rankBySuspicion = (audits: readonly Audit[]): readonly Audit[] => {
  const key = ({ judged }: Audit) =>
    judged
      ? ([judged.probability ?? -1, judged.anomalyIndex ?? -1e9] as const)
      : ([-2, 0] as const);
  return [...audits].sort((a, b) => {
    const [first, second] = [key(a), key(b)];
    return (
      second[0] - first[0] ||
      second[1] - first[1] ||
      a.shardIndex - b.shardIndex
    );
  });
};

/** @example "Judged beside 5 other models of this collection with the same architecture. Alone: no evidence found (probability 12.3%)." */
export function peersWords({
  count,
  alone,
}: {
  readonly count: number;
  readonly alone: {
    readonly verdict: string;
    readonly probability: number | null;
  };
}): string {
  const likely =
    alone.probability === null
      ? ""
      : ` (probability ${probabilityText(alone.probability)})`;
  return `Judged beside ${formatCount(count)} other models of this collection with the same architecture. Alone: ${alone.verdict}${likely}.`;
}

/** How far an audit is, and what came of it. @example "2 of 3 models judged, a backdoor suspected in 1." */
export function standingWords(audits: readonly Audit[]): string {
  const judged = audits.filter((each) => each.judged !== null);
  const suspected = judged.filter(
    (each) => each.judged?.verdict === "backdoor suspected",
  ).length;
  const models = audits.length === 1 ? "model" : "models";
  return judged.length === 0
    ? `None of ${audits.length} ${models} judged.`
    : `${judged.length} of ${audits.length} ${models} judged, a backdoor suspected in ${suspected}.`;
}

/** Where a model's verdict stands with its evidence. */
export const auditAddress = ({
  modelId,
  jobId,
}: Pick<Audit, "modelId" | "jobId">): string =>
  `/model?id=${modelId}&audit=${jobId}`;
