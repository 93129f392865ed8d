/** Which of the measured pattern sizes is shown: one for all, or each pattern's own k*. Pure. */
import type { PatternRow } from "./pattern-rows.ts";

/** An index into the curves' ks, or each pattern's own k*. */
export type ChosenK = number | "star";

/** The size at which a first look shows most: the third, 1% of the pixels, where there are so many. */
export const firstChoice = (ks: readonly number[]): number =>
  Math.min(2, Math.max(0, ks.length - 1));

/** @param text as the address has it: a k, or "star" */
export function parseChosenK(
  text: string | undefined,
  ks: readonly number[],
): ChosenK {
  if (text === "star") return "star";
  const at = ks.indexOf(Number(text));
  return at === -1 ? firstChoice(ks) : at;
}

export const chosenText = (chosen: ChosenK, ks: readonly number[]): string =>
  chosen === "star" ? "star" : String(ks[chosen] ?? "");

export interface ShownPower {
  /** Pixels. */
  readonly k: number;
  readonly power: number;
  readonly low: number;
  readonly high: number;
}

/** @returns null where the pattern was not measured there; with "star", the largest k where no k reaches the threshold */
export function powerAt(
  row: PatternRow,
  ks: readonly number[],
  chosen: ChosenK,
): ShownPower | null {
  const at =
    chosen !== "star"
      ? chosen
      : row.kStar === null
        ? ks.length - 1
        : ks.indexOf(row.kStar);
  const [k, power, low, high] = [
    ks[at],
    row.power[at],
    row.low[at],
    row.high[at],
  ];
  return k === undefined || power == null || low == null || high == null
    ? null
    : { k, power, low, high };
}
