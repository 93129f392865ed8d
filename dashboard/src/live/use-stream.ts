/** Streams in components. */
import { useEffect, useEffectEvent, useSyncExternalStore } from "react";
import {
  followStream,
  onLiveState,
  readLiveState,
  type LiveState,
} from "./event-source.ts";
import type { StreamEvent } from "./stream-event.ts";

/** @param stream null: none yet */
export function useStream(
  stream: string | null,
  onEvent: (event: StreamEvent) => void,
  onFollowing: () => void = () => {},
): void {
  const take = useEffectEvent(onEvent);
  const lookAgain = useEffectEvent(onFollowing);
  useEffect(() => {
    if (stream === null) return;
    return followStream(stream, null, {
      onEvent: (event) => take(event),
      onFollowing: () => lookAgain(),
    });
  }, [stream]);
}

export const useLiveState = (): LiveState =>
  useSyncExternalStore(onLiveState, readLiveState, () => "connecting");
