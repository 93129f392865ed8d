/** What one kind of change says of each class, as it is drawn. Pure. */
import type { Finding, KindEvidence } from "./audit-document.ts";

export interface ClassNeed {
  readonly targetClass: number;
  /** In the kind's unit: the mean over images (geometric). */
  readonly strength: number;
  /** 0…1 on a logarithmic scale from the weakest tried to the most that any class needs. */
  readonly length: number;
  readonly anomalyIndex: number | null;
  /** Searches at length; 0: only a short one. */
  readonly starts: number;
}

/** Who stands out most comes first: beside clean models that is not who needs least, but who needs least of what is usual. */
export function classNeeds({
  screened,
  finalists,
}: Pick<KindEvidence, "screened" | "finalists">): readonly ClassNeed[] {
  const starts = Map.groupBy(finalists, ({ targetClass }) => targetClass);
  const logs = screened.map(({ logStrength }) => logStrength);
  const low = Math.min(...logs, Math.log(screened[0]!.curve[0]!.strength));
  const high = Math.max(...logs);
  return screened
    .toSorted(
      (a, b) =>
        (b.anomalyIndex ?? 0) - (a.anomalyIndex ?? 0) ||
        a.logStrength - b.logStrength ||
        a.targetClass - b.targetClass,
    )
    .map(({ targetClass, logStrength, anomalyIndex }) => ({
      targetClass,
      strength: Math.exp(logStrength),
      length: high === low ? 1 : (logStrength - low) / (high - low),
      anomalyIndex,
      starts: starts.get(targetClass)?.length ?? 0,
    }));
}

export interface StrengthLine {
  readonly targetClass: number;
  readonly curve: KindEvidence["screened"][number]["curve"];
  /** Drawn in front, with a name. */
  readonly isNamed: boolean;
}

/** Lines with a name: those further behind look alike. */
const mostNamed = 4;
/** Lines behind them: more are a surface. */
const mostBehind = 100;

/**
 * Curves in the order of drawing, the first class's last. Classes that were searched at length have a name and the curve of their
 * strongest start; without any, the class that needs least has one. The others are the background that it stands out from.
 */
export function strengthLines({
  screened,
  finalists,
}: Pick<KindEvidence, "screened" | "finalists">): readonly StrengthLine[] {
  const byNeed = <Answer extends { readonly logStrength: number }>(
    answers: readonly Answer[],
  ) => answers.toSorted((a, b) => a.logStrength - b.logStrength);
  const order = byNeed(screened);
  const best = new Map<number, Finding>();
  for (const finding of byNeed(finalists))
    if (!best.has(finding.targetClass)) best.set(finding.targetClass, finding);
  const named = [...(best.size > 0 ? best.values() : order.slice(0, 1))].slice(
    0,
    mostNamed,
  );
  const names = new Set(named.map(({ targetClass }) => targetClass));
  const behind = order
    .filter(({ targetClass }) => !names.has(targetClass))
    .slice(0, mostBehind);
  const lineOf =
    (isNamed: boolean) =>
    ({ targetClass, curve }: Pick<Finding, "targetClass" | "curve">) => ({
      ...{ targetClass, curve, isNamed },
    });
  return [
    ...behind.map(lineOf(false)),
    ...named.toReversed().map(lineOf(true)),
  ];
}

/** What is shown of a class: the finding that has pictures. */
export const findingOf = (
  { finalists }: Pick<KindEvidence, "finalists">,
  targetClass: number | null,
): Finding | undefined =>
  finalists.find(
    (finding) =>
      finding.targetClass === targetClass && finding.pictures !== null,
  );

/** Where its pictures are drawn: the strength that reaches the threshold, else the most that was tried. */
export function shownPoint({
  curve,
  strengthAtThreshold,
}: Pick<Finding, "curve" | "strengthAtThreshold">) {
  return (
    curve.find(({ strength }) => strength === strengthAtThreshold) ??
    curve.at(-1)!
  );
}
