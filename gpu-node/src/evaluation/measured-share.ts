/** A share as Motif reports it: with what it was counted over, and its interval. */
import { wilson95 } from "./wilson.ts";

export interface MeasuredShare {
  readonly share: number;
  readonly n: number;
  readonly wilson95: readonly [number, number];
}

/** @param n 0 gives the share 0, whose interval says that nothing is known */
export function shareOf(hits: number, n: number): MeasuredShare {
  return { share: n === 0 ? 0 : hits / n, n, wilson95: wilson95(hits, n) };
}
