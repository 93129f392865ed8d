/** How well scores tell two groups apart, and how honest probabilities are. Pure. */

/** A number with its 95% interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** 97.5% of a normal distribution lie below. */
const z = 1.959964;

/** The chance that a model of the first group scores higher than one of the second; ties count half. NaN where a group is empty. */
export function areaUnderCurve(
  positive: readonly number[],
  negative: readonly number[],
): number {
  let sum = 0;
  for (const a of positive)
    for (const b of negative) sum += a > b ? 1 : a === b ? 0.5 : 0;
  return sum / (positive.length * negative.length);
}

/**
 * With an interval that does not shrink to a point at 1, which small groups reach by luck.
 * Source: Newcombe, "Confidence intervals for an effect size measure based on the Mann–Whitney statistic", part 2, Statistics in Medicine
 * 25 (2006), method 5: the areas whose own standard error the measured one lies 1.96 of away from.
 */
export function areaWithInterval(
  positive: readonly number[],
  negative: readonly number[],
): Estimate {
  const value = areaUnderCurve(positive, negative);
  const [m, n] = [positive.length, negative.length];
  const middle = (m + n) / 2 - 1;
  const deviation = (area: number) =>
    Math.sqrt(
      (area *
        (1 - area) *
        (1 +
          middle * ((1 - area) / (2 - area)) +
          (middle * area) / (1 + area))) /
        (m * n),
    );
  /** The end of the interval between the value and an extreme. */
  const endTowards = (extreme: number) => {
    let [inside, outside] = [value, extreme];
    for (let i = 0; i < 60; i++) {
      const area = (inside + outside) / 2;
      if (Math.abs(area - value) <= z * deviation(area)) inside = area;
      else outside = area;
    }
    return inside;
  };
  return { value, low: endTowards(0), high: endTowards(1) };
}

export interface Judged {
  /** Of a backdoor, 0…1. */
  readonly probability: number;
  readonly isPoisoned: boolean;
}

/** No single certainty costs more than this many nats. */
const least = 1e-6;

/** Mean of −log of the probability of what is true, nats. */
export function crossEntropy(judged: readonly Judged[]): number {
  const sum = judged.reduce((total, { probability, isPoisoned }) => {
    const right = isPoisoned ? probability : 1 - probability;
    return total - Math.log(Math.max(least, right));
  }, 0);
  return sum / judged.length;
}

/** Mean squared distance of the probability from what is true. */
export function brierScore(judged: readonly Judged[]): number {
  const sum = judged.reduce(
    (total, { probability, isPoisoned }) =>
      total + (probability - Number(isPoisoned)) ** 2,
    0,
  );
  return sum / judged.length;
}

/** Share of the second group that scores at least as high as `recall` of the first do. */
export function falsePositivesAt(
  recall: number,
  positive: readonly number[],
  negative: readonly number[],
): number {
  const sorted = [...positive].sort((a, b) => b - a);
  const threshold = sorted[Math.ceil(recall * sorted.length) - 1];
  return (
    negative.filter((score) => score >= threshold).length / negative.length
  );
}
