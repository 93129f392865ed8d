/** Where numbers lie along the tracks of a dot chart, as CSS lengths. Pure. */

export interface Tick {
  readonly at: string;
  readonly label: string;
}

export interface DotScale {
  /** The place of a value along the track; null is infinite and lies past its end. */
  readonly place: (value: number | null) => string;
  readonly ticks: readonly Tick[];
}

const css = (share: number): string =>
  `${(Math.min(1, Math.max(0, share)) * 100).toFixed(2)}%`;

/** 0…1, drawn from end to end. */
export const shareScale: DotScale = {
  place: (value) => css(value ?? 1),
  ticks: [0, 0.5, 1].map((share) => ({
    at: css(share),
    label: `${share * 100}%`,
  })),
};

/** Share of the track that finite sizes take; the rest is for ∞. */
const finiteShare = 0.86;

/**
 * Pattern sizes on a logarithmic track, with a place for ∞ behind them.
 * @param sizes the sizes a curve was measured at, ascending
 */
export function sizeScale(sizes: readonly number[]): DotScale {
  const low = Math.log(sizes[0] ?? 1);
  const high = Math.log(sizes.at(-1) ?? 1);
  const place = (value: number | null): string =>
    value === null
      ? css(1)
      : css(
          finiteShare *
            (high === low ? 0.5 : (Math.log(value) - low) / (high - low)),
        );
  const labelled =
    sizes.length > 2
      ? [sizes[0], sizes[sizes.length >> 1], sizes[sizes.length - 1]]
      : sizes;
  return {
    place,
    ticks: [
      ...labelled.map((size) => ({ at: place(size), label: String(size) })),
      { at: place(null), label: "∞" },
    ],
  };
}
