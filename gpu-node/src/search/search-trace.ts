/** How a search went: what it optimised and how large its mask was, at a few of its steps. Nothing is computed for it but sums. */

/** Small enough to be sent with every pattern. */
const mostPoints = 64;

/** Of equal lengths, steps ascending. */
export interface SearchTrace {
  /** Steps done; the first and the last of the search are among them. */
  readonly steps: readonly number[];
  /** L of step-graph.ts, α·cross-entropy + (1 − α)·size, of that step's batch, before that step. */
  readonly loss: readonly number[];
  /** Σm after that step. */
  readonly maskL1: readonly number[];
}

export const emptyTrace: SearchTrace = { steps: [], loss: [], maskL1: [] };

/** @returns evenly spread numbers of at most 64 steps, from 1 to `steps` */
export function tracedSteps(steps: number): ReadonlySet<number> {
  const points = Math.min(mostPoints, steps);
  return new Set(
    Array.from(
      { length: points },
      (_, i) => 1 + Math.round((i * (steps - 1)) / Math.max(1, points - 1)),
    ),
  );
}

/** @returns the trace with a point more */
export const traceStep = (
  { steps, loss, maskL1 }: SearchTrace,
  at: {
    readonly step: number;
    readonly loss: number;
    readonly mask: Float32Array;
  },
): SearchTrace => ({
  steps: [...steps, at.step],
  loss: [...loss, at.loss],
  maskL1: [...maskL1, sumOf(at.mask)],
});

/** A plain loop: it stands in the search's. */
function sumOf(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}
