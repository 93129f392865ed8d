/** A stream's events as they can be drawn: all that came since the last frame in one go. */
import { useEffect, useEffectEvent } from "react";
import { followStream } from "./event-source.ts";
import type { StreamEvent } from "./stream-event.ts";

/** A page in the background draws no frames; its events are taken this often, milliseconds. */
const hiddenMs = 250;

/** @param stream null: none yet @param onFollowing now and after every break: look at the state again */
export function useBatchedStream(
  stream: string | null,
  onEvents: (events: readonly StreamEvent[]) => void,
  onFollowing: () => void = () => {},
): void {
  const take = useEffectEvent(onEvents);
  const lookAgain = useEffectEvent(onFollowing);
  useEffect(() => {
    if (stream === null) return;
    let waiting: StreamEvent[] = [];
    let frame = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      timer = undefined;
      const events = waiting;
      waiting = [];
      take(events);
    };
    const end = followStream(stream, null, {
      onEvent: (event) => {
        waiting.push(event);
        if (timer !== undefined) return;
        frame = requestAnimationFrame(flush);
        timer = setTimeout(flush, hiddenMs);
      },
      onFollowing: () => lookAgain(),
    });
    return () => {
      end();
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [stream]);
}
