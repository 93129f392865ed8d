/** How long to wait before dialling again. */

export interface ReconnectDelay {
  /** Milliseconds to wait; each call without a `reset` between may give twice as much as the one before. */
  next(): number;
  /** A control plane has welcomed the node. */
  reset(): void;
}

const firstMs = 200;
const mostMs = 5_000;

/**
 * Full jitter: evenly between nothing and a limit that doubles, so that hundreds of nodes that lost one control plane at the
 * same moment do not meet at the next one again.
 * @param random evenly in [0, 1)
 */
export function newReconnectDelay(random: () => number): ReconnectDelay {
  let limitMs = firstMs;
  return {
    next() {
      const delayMs = random() * limitMs;
      limitMs = Math.min(2 * limitMs, mostMs);
      return delayMs;
    },
    reset() {
      limitMs = firstMs;
    },
  };
}
