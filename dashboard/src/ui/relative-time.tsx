/** How long ago something was; the exact moment on hover and focus. All of a page tick together. */
import { Tooltip } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { formatAge, formatMoment } from "./format.ts";

const tickMs = 5_000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, tickMs);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Milliseconds, moving on every few seconds. */
export const useNow = (): number =>
  useSyncExternalStore(
    subscribe,
    () => now,
    () => 0,
  );

export function RelativeTime({ at }: { readonly at: string }) {
  // What has just been fetched is newer than the last tick.
  const age = formatAge(at, Math.max(useNow(), Date.parse(at)));
  return (
    <Tooltip label={formatMoment(at)}>
      <time dateTime={at} tabIndex={0} className="numbers">
        {age}
      </time>
    </Tooltip>
  );
}
