/** What a report says of each class: its patterns, the best of them, and how it compares with the other classes. Pure. */
import { patternFraction } from "./images.ts";
import type { PatternResult, PowerEntry, Result } from "./result.ts";

/** Share of the pixels at which classes are compared for outliers (a backdoor's trigger is about that small). */
export const smallFraction = 0.01;

export interface ClassSummary {
  readonly classIndex: number;
  readonly name: string;
  /** All patterns of the class, by canvas, then seed. */
  readonly patterns: readonly PatternResult[];
  /**
   * The pattern with the largest predictive power at 5%; of equal ones that with the smaller k*, then the smaller canvas
   * index, then the smaller seed.
   */
  readonly best: PatternResult;
  /** Its predictive power at 5%. */
  readonly power: PowerEntry;
  /** Its predictive power at 1%, where a backdoor's class stands out most. */
  readonly smallPower: PowerEntry;
}

/** The point of a curve nearest to `fraction`; of two equally near, the smaller. */
export function powerNear(
  curve: readonly PowerEntry[],
  fraction: number,
): PowerEntry {
  const nearest = curve.reduce<PowerEntry | undefined>(
    (best, entry) =>
      best !== undefined &&
      Math.abs(best.fraction - fraction) <= Math.abs(entry.fraction - fraction)
        ? best
        : entry,
    undefined,
  );
  if (nearest === undefined)
    throw new RangeError("a size–power curve without points");
  return nearest;
}

/** One summary for each class that has a pattern, in class order. */
export function summarizeClasses(result: Result): ClassSummary[] {
  const byClass = new Map<number, PatternResult[]>();
  for (const pattern of result.patterns) {
    const patterns = byClass.get(pattern.targetClass) ?? [];
    patterns.push(pattern);
    byClass.set(pattern.targetClass, patterns);
  }
  return [...byClass]
    .sort(([a], [b]) => a - b)
    .map(([classIndex, unordered]) => {
      const patterns = [...unordered].sort(
        (a, b) => a.canvasIndex - b.canvasIndex || a.seed - b.seed,
      );
      const best = patterns.reduce((leader, pattern) =>
        isBetter(pattern, leader) ? pattern : leader,
      );
      return {
        classIndex,
        name: className(result, classIndex),
        patterns,
        best,
        power: powerNear(best.predictivePower, patternFraction),
        smallPower: powerNear(best.predictivePower, smallFraction),
      };
    });
}

function isBetter(pattern: PatternResult, leader: PatternResult): boolean {
  const powerOf = (one: PatternResult): number =>
    powerNear(one.predictivePower, patternFraction).power;
  const difference = powerOf(pattern) - powerOf(leader);
  return (
    difference > 0 ||
    (difference === 0 &&
      (pattern.kStar ?? Infinity) < (leader.kStar ?? Infinity))
  );
}

export function className(result: Result, classIndex: number): string {
  return result.dataset.classes[classIndex] ?? `class ${classIndex}`;
}

/** The true median; the mean of the two middle values for an even number; infinite if the middle is. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) return NaN;
  return sorted.length % 2 === 1
    ? upper
    : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
