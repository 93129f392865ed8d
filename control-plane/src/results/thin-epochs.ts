/** Which epochs of a long training are kept. Pure. */

/** The first and the last are kept besides. */
const mostBetween = 510;

/** Whether there are so many epochs that some are not kept. */
export const isLong = (newest: number): boolean => newest > mostBetween;

/** Every so manieth epoch is kept: the smallest power of two that leaves at most 512 with the first and the last. */
export function strideOf(newest: number): number {
  let stride = 1;
  while (newest / stride > mostBetween) stride *= 2;
  return stride;
}
