/** A job's events, newest first, as they are read and as they come. Pure. */
import type { StreamEvent } from "../../live/stream-event.ts";

/** @param known ascending @param added in any order, some perhaps known */
export function addEvents(
  known: readonly StreamEvent[],
  added: readonly StreamEvent[],
): readonly StreamEvent[] {
  const last = known.at(-1)?.seq ?? 0;
  const beyond = added.filter(({ seq }) => seq > last);
  if (beyond.length === added.length && isAscending(added))
    return added.length === 0 ? known : [...known, ...added];
  const bySeq = new Map(
    [...known, ...added].map((event) => [event.seq, event]),
  );
  return bySeq.size === known.length
    ? known
    : [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

const isAscending = (events: readonly StreamEvent[]): boolean =>
  events.every(({ seq }, i) => i === 0 || events[i - 1]!.seq < seq);

/** @param known ascending @returns newest first */
export const shownEvents = (
  known: readonly StreamEvent[],
  hasProgress: boolean,
): readonly StreamEvent[] =>
  known.filter(({ type }) => hasProgress || !stepTypes.has(type)).toReversed();

/** They come all the time while a job runs. */
const stepTypes: ReadonlySet<string> = new Set(["progress", "epochs"]);
