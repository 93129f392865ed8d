/** How long nothing was heard of a node, and whether that is a bad sign. Pure. */
import type { GpuNode } from "../../api/types.ts";
import { formatDuration } from "../../ui/format.ts";

/** Heartbeats come every few seconds; leases end a good while after this. Seconds. */
const worryingSeconds = 15;

export interface HeartbeatAge {
  readonly words: string;
  readonly isWorrying: boolean;
}

/** @param now milliseconds */
export function heartbeatAge(
  { lastSeenAt, status }: Pick<GpuNode, "lastSeenAt" | "status">,
  now: number,
): HeartbeatAge {
  if (lastSeenAt === null) return { words: "never", isWorrying: false };
  const seconds = Math.max(0, (now - Date.parse(lastSeenAt)) / 1000);
  return {
    words: seconds < 1.5 ? "just now" : `${formatDuration(seconds)} ago`,
    isWorrying: status !== "OFFLINE" && seconds > worryingSeconds,
  };
}

/** @example "onnxruntime, CPU" */
export function deviceWords({
  backend,
  provider,
}: Pick<GpuNode, "backend" | "provider">): string {
  if (backend === null) return "unknown";
  if (provider === null || provider === backend) return backend;
  return `${backend}, ${provider.length <= 4 ? provider.toUpperCase() : provider}`;
}
