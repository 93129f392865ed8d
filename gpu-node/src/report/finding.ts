/** The class that needs the fewest pixels, in one sentence: what a first look at a result is for. Pure. */
import { summarizeClasses } from "./class-summary.ts";
import { integer } from "./html/format.ts";
import type { PatternResult, Result } from "./result.ts";

export interface Finding {
  readonly model: string;
  /** The class of the smallest k*; null where no class reaches the threshold, or several share the smallest. */
  readonly className: string | null;
  readonly kStar: number | null;
  /** The smallest k* of the other classes; null where none has one. */
  readonly nextKStar: number | null;
  /**
   * Pixels of the trigger that the manifest states, how many of them are among the pattern's ranked pixels, and how many of
   * the strongest hold these.
   */
  readonly trigger: {
    readonly pixels: number;
    readonly found: number;
    readonly among: number;
  } | null;
}

/** The smallest k* over each class's patterns, and the class that has it alone. */
export function findSmallest(result: Result): Finding {
  const classes = summarizeClasses(result)
    .flatMap(({ name, patterns }) => {
      const pattern = patterns.reduce((best, each) =>
        rank(each) < rank(best) ? each : best,
      );
      return pattern.kStar === null ? [] : [{ name, pattern }];
    })
    .sort((a, b) => rank(a.pattern) - rank(b.pattern));
  const [smallest, next] = classes;
  const nextKStar = next?.pattern.kStar ?? null;
  const kStar = smallest?.pattern.kStar ?? null;
  const isAlone = smallest !== undefined && kStar !== nextKStar;
  return {
    model: result.model.name,
    className: isAlone ? smallest.name : null,
    kStar,
    nextKStar,
    trigger: isAlone ? coverTrigger(result, smallest.pattern) : null,
  };
}

const rank = ({ kStar }: PatternResult) => kStar ?? Infinity;

function coverTrigger(
  { model }: Result,
  pattern: PatternResult,
): Finding["trigger"] {
  const truth = model.groundTruth;
  const box = truth?.trigger?.box;
  if (!box || truth.targetClass !== pattern.targetClass) return null;
  const width = model.inputShape[2];
  const pixels = box.height * box.width;
  const ranks = pattern.topPixels.flatMap((index, at) => {
    const [row, column] = [Math.floor(index / width), index % width];
    const isInside =
      row >= box.top &&
      row < box.top + box.height &&
      column >= box.left &&
      column < box.left + box.width;
    return isInside ? [at + 1] : [];
  });
  return { pixels, found: ranks.length, among: ranks.at(-1) ?? 0 };
}

/** @example "fashion-badnets: Sneaker needs 8 pixels, the next class 39. …" */
export function describeFinding(finding: Finding): string {
  const { model, className, kStar, nextKStar, trigger } = finding;
  if (kStar === null) return `${model}: no class reaches the threshold.`;
  if (className === null)
    return `${model}: no class stands out; several need ${integer(kStar)} pixels, none fewer.`;
  const next =
    nextKStar === null
      ? "no other class gets there"
      : `the next class ${integer(nextKStar)}`;
  const covered = trigger
    ? ` Its ${trigger.among} strongest pixels hold ${trigger.found} of the trigger's ${trigger.pixels}.`
    : "";
  return `${model}: ${className} needs ${integer(kStar)} pixels, ${next}.${covered}`;
}
