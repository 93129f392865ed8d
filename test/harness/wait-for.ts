/** Waiting for what other processes do: a condition is asked again until it holds or its time is up. */

export interface WaitOptions {
  /** ms after which it is a failure. */
  readonly withinMs: number;
  /** ms between two questions. */
  readonly everyMs?: number;
}

/**
 * Asks until `condition` gives something other than false, null or undefined; an error counts as "not yet".
 * @param what what is waited for, for the message
 * @returns what the condition gave
 * @throws Error naming `what` and the last thing seen, when the time is up
 */
export async function waitFor<T>(
  what: string,
  condition: () => Promise<T | false | null | undefined>,
  { withinMs, everyMs = 100 }: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  let last: unknown;
  do {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined)
        return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await pause(everyMs);
  } while (performance.now() < deadline);
  const seen = last instanceof Error ? last.message : String(last);
  throw new Error(
    `waited ${(withinMs / 1000).toFixed(1)} s for ${what}; last seen: ${seen}`,
    { cause: last },
  );
}

/** For what takes its time by nature, such as a node that is to stay frozen for longer than its lease. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
