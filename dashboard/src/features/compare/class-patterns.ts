/** What two models' patterns of a class are held against each other by. Pure. */
import type { PatternRow, PatternRows } from "../gallery/pattern-rows.ts";

/** The smallest k*, or else the largest power at the largest k; undefined where the class has no pattern. */
export function bestOfClass(
  { byPlace }: PatternRows,
  targetClass: number,
): PatternRow | undefined {
  let best: PatternRow | undefined;
  for (const row of byPlace.values()) {
    if (row.targetClass !== targetClass) continue;
    const [a, b] = [row.kStar ?? Infinity, best?.kStar ?? Infinity];
    if (!best || a < b || (a === b && last(row) > last(best))) best = row;
  }
  return best;
}

const last = ({ power }: PatternRow): number => power.at(-1) ?? 0;

/**
 * The difference of two shares with a 95% interval from theirs (Newcombe 1998, method 10, as the larger of its two half widths).
 * @returns null where one was not measured there
 */
export function differenceOf(
  row: PatternRow,
  at: number,
  base: PatternRow,
  baseAt: number,
): { readonly value: number; readonly halfWidth: number } | null {
  const [p, l, u] = [row.power[at], row.low[at], row.high[at]];
  const [q, m, v] = [base.power[baseAt], base.low[baseAt], base.high[baseAt]];
  if (p == null || l == null || u == null) return null;
  if (q == null || m == null || v == null) return null;
  return {
    value: p - q,
    halfWidth: Math.max(Math.hypot(p - l, v - q), Math.hypot(u - p, q - m)),
  };
}
