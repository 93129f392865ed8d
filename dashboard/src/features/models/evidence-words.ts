/** What a model's newest search says, in words. A model is never called clean. Pure. */
import type { ListedModel, Model } from "../../api/types.ts";

export interface EvidenceWords {
  /** @example "Sneaker stands out" */
  readonly word: string;
  readonly because: string;
  /** For sorting: larger is more suspicious; null where nothing can be said. */
  readonly index: number | null;
}

export function describeEvidence({
  evidence,
}: Pick<Model | ListedModel, "evidence">): EvidenceWords {
  if (evidence === null)
    return {
      word: "nothing measured yet",
      because: "No search of all classes has ended.",
      index: null,
    };
  const { reason, anomalyIndex, className, kStar, medianKStar, threshold } =
    evidence;
  if (reason !== null || anomalyIndex === null)
    return {
      word: "inconclusive",
      because: reason ?? "No anomaly index could be computed.",
      index: null,
    };
  const figures = `anomaly index ${anomalyIndex.toFixed(2)}, threshold ${(threshold ?? 0).toFixed(2)} (not calibrated); k* ${kStar ?? "–"}, median ${medianKStar ?? "none"}`;
  return anomalyIndex > (threshold ?? Infinity)
    ? {
        word: `${className ?? "a class"} stands out`,
        because: figures,
        index: anomalyIndex,
      }
    : { word: "no evidence found", because: figures, index: anomalyIndex };
}
