/** The interval that stands beside every share Motif reports. */

/** z for a two-sided 95% interval of the normal distribution. */
const z95 = 1.959963984540054;

/**
 * Wilson score interval of a proportion, at 95%.
 * @returns `[low, high]` in 0…1; `[0, 1]` when nothing was counted.
 * @throws RangeError unless 0 ≤ successes ≤ n.
 * Source: Wilson (1927), "Probable inference, the law of succession, and statistical inference".
 */
export function wilson95(
  successes: number,
  n: number,
): readonly [number, number] {
  if (!(successes >= 0 && successes <= n))
    throw new RangeError(`wilson95: ${successes} successes of ${n}`);
  if (n === 0) return [0, 1];
  const share = successes / n;
  const z2 = z95 * z95;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half =
    (z95 / (1 + z2 / n)) *
    Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return [
    successes === 0 ? 0 : Math.max(0, centre - half),
    successes === n ? 1 : Math.min(1, centre + half),
  ];
}
