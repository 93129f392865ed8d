/** The learning rate over the steps of a training. */

export const scheduleNames = ["one-cycle", "cosine"] as const;
export type ScheduleName = (typeof scheduleNames)[number];

/** One-cycle: share of the steps that climb, and of the highest rate where the climb begins. */
const warmUpShare = 0.2;
const firstShare = 1 / 25;

/**
 * `cosine` falls from `highest` to almost nothing; `one-cycle` first climbs to it, linearly, over a fifth of the steps.
 * Sources: Loshchilov & Hutter, arXiv 1608.03983, eq. 5; Smith & Topin, arXiv 1708.07120.
 * @param step from 0 to `steps` − 1
 */
export function learningRateAt(
  schedule: ScheduleName,
  step: number,
  steps: number,
  highest: number,
): number {
  const climb = schedule === "one-cycle" ? Math.floor(warmUpShare * steps) : 0;
  if (step < climb)
    return highest * (firstShare + (1 - firstShare) * (step / climb));
  const fallen = (step - climb) / (steps - climb);
  return (highest / 2) * (1 + Math.cos(Math.PI * fallen));
}
