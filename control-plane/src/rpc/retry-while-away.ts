/** What must not be lost is tried again for as long as the database is away. */
import { setTimeout as sleep } from "node:timers/promises";
import { ControlPlaneError } from "../control-plane-error.ts";

const firstWaitMs = 100;
const longestWaitMs = 2_000;

/** Whether the database, or the store, cannot be reached now; any other failure would only repeat itself. */
export const isAway = (error: unknown): boolean =>
  error instanceof ControlPlaneError && error.code === "unavailable";

/**
 * @param signal ends the trying: then the last failure is thrown
 * @param onAway called once, with the first failure
 */
export async function retryWhileAway<Value>(
  work: () => Promise<Value>,
  signal: AbortSignal,
  onAway: (error: unknown) => void = () => {},
): Promise<Value> {
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs))
    try {
      return await work();
    } catch (error) {
      if (!isAway(error) || signal.aborted) throw error;
      if (waitMs === firstWaitMs) onAway(error);
      await sleep(waitMs, undefined, { signal }).catch(() => {});
    }
}
