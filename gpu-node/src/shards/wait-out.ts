/** The shard that does nothing for a while. */
import { setTimeout as wait } from "node:timers/promises";

/** @throws the signal's reason, at once when it is aborted */
export async function waitOut(
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    await wait(waitMs, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
