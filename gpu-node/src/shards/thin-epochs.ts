/** Epochs of a long training, thinned so that however many there are they can be sent, kept and drawn. */

/** The first and the last are kept besides. */
const mostBetween = 510;

/**
 * Every 2ⁿ-th, with the smallest n that leaves few enough: between 256 and 512 of a long training, and the same ones whether it is thinned
 * as it goes or at its end.
 * @param epochs ascending, not necessarily all
 */
export function thinEpochs<Epoch extends { readonly epoch: number }>(
  epochs: readonly Epoch[],
): readonly Epoch[] {
  const newest = epochs.at(-1)?.epoch ?? 0;
  if (newest <= mostBetween) return epochs;
  let stride = 1;
  while (newest / stride > mostBetween) stride *= 2;
  return epochs.filter(
    ({ epoch }) => epoch === 1 || epoch === newest || epoch % stride === 0,
  );
}
