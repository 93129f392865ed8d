/**
 * Where a backdoor is suspected from, among models of one kind, by clean ones that a person names: what one in twenty further ones would
 * reach. Pure.
 */
import { probabilityOf } from "./combination.ts";

/** What models are judged by in place of the usual threshold. */
export interface Calibration {
  /** A probability, 0…1. */
  readonly threshold: number;
  /** What it was made of, for people. */
  readonly source: string;
}

/** With fewer, their spread says next to nothing. */
export const fewestReferences = 4;

/** One in twenty of a normal distribution lie above so many standard deviations. */
const oneInTwenty = 1.6448536269514722;

/**
 * The upper end of a prediction interval: log-odds of clean models of a kind are about normal, their mean and spread are known by these
 * models alone.
 * @param logOdds of the clean models, `fewestReferences` at least @returns a probability, 0…1
 */
export function suspectedAmong(logOdds: readonly number[]): number {
  const count = logOdds.length;
  const mean = logOdds.reduce((sum, value) => sum + value, 0) / count;
  const variance =
    logOdds.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return probabilityOf(
    mean + studentQuantile(count - 1) * Math.sqrt(variance * (1 + 1 / count)),
  );
}

/**
 * What one in twenty exceed of Student's distribution: Cornish and Fisher's expansion in the degrees of freedom (Abramowitz and Stegun,
 * 26.7.5), within 0.3% from 3 on.
 */
export function studentQuantile(degrees: number): number {
  const z = oneInTwenty;
  return (
    z +
    (z ** 3 + z) / (4 * degrees) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * degrees ** 3)
  );
}

/** @param probability within 0…1, the ends left out */
export const logOddsOf = (probability: number): number =>
  Math.log(probability / (1 - probability));
