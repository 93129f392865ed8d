/** A clock that never runs back and misses neither a frozen process nor a machine that was asleep. */

/**
 * The monotonic clock stands still while a machine sleeps, the wall clock can be set back: whichever of the two has moved
 * further since the last look counts. A wall clock set forward makes time jump, and a node then stops work early: the safe side.
 * @returns milliseconds since some moment
 */
export function newElapsedTime(
  monotonic: () => number,
  wall: () => number,
): () => number {
  let elapsed = 0;
  let lastMonotonic = monotonic();
  let lastWall = wall();
  return () => {
    const [nextMonotonic, nextWall] = [monotonic(), wall()];
    elapsed += Math.max(nextMonotonic - lastMonotonic, nextWall - lastWall, 0);
    [lastMonotonic, lastWall] = [nextMonotonic, nextWall];
    return elapsed;
  };
}
