/**
 * How much of a perturbation an answer needs, as one number. A curve of power over strength is the distribution of what each image needs
 * to be moved; the mean of its logarithm is the area above it. It equals log k* where all images need the same, and unlike k* it has no
 * steps and is never infinite: images that the greatest strength does not move count as needing just that (they are censored).
 */

interface Point {
  readonly strength: number;
  /** 0…1. */
  readonly power: number;
}

/** @param curve ascending in strength @returns natural logarithm of the strength */
export function meanLogStrength(curve: readonly Point[]): number {
  let sum = Math.log(curve[0].strength);
  for (let i = 1; i < curve.length; i++) {
    const width = Math.log(curve[i].strength / curve[i - 1].strength);
    sum += width * (1 - (curve[i].power + curve[i - 1].power) / 2);
  }
  return sum;
}

/** The smallest strength tried whose power reaches `threshold`; null (infinite) if none does. */
export function strengthReaching(
  curve: readonly Point[],
  threshold: number,
): number | null {
  return curve.find(({ power }) => power >= threshold)?.strength ?? null;
}

/**
 * Where an answer is looked at more closely: the first strength that does half of what the best one does beyond the base rate, so that
 * weak and strong answers are read alike; the greatest where none does anything.
 * @returns its place in the curve
 */
export function halfOfTheWay(
  curve: readonly Point[],
  baseRate: number,
): number {
  const most = Math.max(...curve.map(({ power }) => power - baseRate));
  return most > 0
    ? curve.findIndex(({ power }) => power - baseRate >= most / 2)
    : curve.length - 1;
}
