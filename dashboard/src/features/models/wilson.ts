/** The 97.5% point of the normal distribution. */
const z = 1.959963984540054;

/** Wilson's 95% interval of a share of `n` (Wilson 1927). Pure. */
export function wilson(share: number, n: number): readonly [number, number] {
  if (n <= 0) return [0, 1];
  const scale = 1 + z ** 2 / n;
  const middle = (share + z ** 2 / (2 * n)) / scale;
  const half =
    (z / scale) * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
