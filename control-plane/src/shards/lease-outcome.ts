/** How an attempt at a shard ends. */
export const leaseOutcomes = [
  "SUCCEEDED",
  "FAILED",
  /** Nothing was heard of its node. */
  "EXPIRED",
  /** Its node did not accept it. */
  "REFUSED",
  "YIELDED",
  "CANCELLED",
] as const;
export type LeaseOutcome = (typeof leaseOutcomes)[number];
