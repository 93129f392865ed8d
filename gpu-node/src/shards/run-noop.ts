/** The shard that does nothing for a while. */
import { setTimeout as wait } from "node:timers/promises";
import type { NoopOutcome } from "./shard-outcome.ts";
import type { NoopWork } from "./shard-work.ts";

/** @throws the signal's reason, at once when it is aborted */
export async function runNoop(
  { waitMs }: NoopWork,
  signal: AbortSignal,
): Promise<NoopOutcome> {
  signal.throwIfAborted();
  try {
    if (waitMs > 0) await wait(waitMs, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
  return { kind: "noop" };
}
