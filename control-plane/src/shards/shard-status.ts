/**
 * The states of a shard, and which may follow which (leases/README.md draws them). Pure.
 *
 * A shard that is LEASED or RUNNING has exactly one open lease; all others have none.
 */

const next = {
  /** Waits for the feeder. */
  PENDING: ["QUEUED", "CANCELLED"],
  /** In the queue's window. */
  QUEUED: ["LEASED", "PENDING", "CANCELLED"],
  /** Given to a node that has not accepted yet. */
  LEASED: ["RUNNING", "SUCCEEDED", "RETRY", "DEAD", "PENDING", "CANCELLED"],
  RUNNING: ["SUCCEEDED", "RETRY", "DEAD", "PENDING", "CANCELLED"],
  /** In the queue again, not before a while has passed. */
  RETRY: ["LEASED", "PENDING", "CANCELLED"],
  SUCCEEDED: [],
  /** Given up: out of attempts, or the fault is the input's. A person may have it tried again. */
  DEAD: ["PENDING"],
  CANCELLED: [],
} as const satisfies Record<string, readonly string[]>;

export type ShardStatus = keyof typeof next;

export const shardStatuses = Object.keys(next) as readonly ShardStatus[];

export function canFollow(from: ShardStatus, to: ShardStatus): boolean {
  return (next[from] as readonly ShardStatus[]).includes(to);
}
