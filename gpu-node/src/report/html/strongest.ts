/** The class that stands out most with few pixels, and the next. Pure. */
import type { ClassSummary } from "../class-summary.ts";

export interface Strongest {
  readonly first: ClassSummary;
  /** Absent where there is one class only. */
  readonly second: ClassSummary | undefined;
}

/** By power with 1% of the pixels, equal ones by k*, then by class; null for no classes. */
export function strongest(
  summaries: readonly ClassSummary[],
): Strongest | null {
  const [first, second] = strongestFirst(summaries);
  return first === undefined ? null : { first, second };
}

export function strongestFirst(
  summaries: readonly ClassSummary[],
): ClassSummary[] {
  return [...summaries].sort(
    (a, b) =>
      b.smallPower.power - a.smallPower.power ||
      (a.best.kStar ?? Number.MAX_VALUE) - (b.best.kStar ?? Number.MAX_VALUE) ||
      a.classIndex - b.classIndex,
  );
}
