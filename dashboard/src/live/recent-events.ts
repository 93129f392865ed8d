/**
 * Events of the last while, for answers that were asked for before they came: an answer may be older than an event that has been
 * shown already, and must not undo it.
 */
import type { StreamEvent } from "./stream-event.ts";

/** Longer than a request may take; milliseconds. */
const keptMs = 60_000;

export class RecentEvents {
  readonly #kept: { readonly at: number; readonly event: StreamEvent }[] = [];

  /** @param now milliseconds of a clock that only goes on */
  push(events: readonly StreamEvent[], now: number): void {
    while (this.#kept[0] && this.#kept[0].at < now - keptMs) this.#kept.shift();
    for (const event of events) this.#kept.push({ at: now, event });
  }

  /** Those that came at or after a moment, in order. */
  since(moment: number): readonly StreamEvent[] {
    return this.#kept
      .filter(({ at }) => at >= moment)
      .map(({ event }) => event);
  }
}
