import { expect, test } from "vitest";
import type { StreamEvent } from "../../live/stream-event.ts";
import { addEvents, shownEvents } from "./event-list.ts";

const event = (seq: number, type = "job-status"): StreamEvent => ({
  stream: "j",
  seq,
  type,
  body: {},
  at: "",
});
const seqs = (events: readonly StreamEvent[]) => events.map(({ seq }) => seq);

test("what is read and what came meet without doubles, in order", () => {
  const known = [event(1), event(2)];
  expect(seqs(addEvents(known, [event(3), event(4)]))).toEqual([1, 2, 3, 4]);
  expect(seqs(addEvents(known, [event(4), event(2), event(3)]))).toEqual([
    1, 2, 3, 4,
  ]);
  expect(addEvents(known, [event(2)])).toBe(known);
  expect(addEvents(known, [])).toBe(known);
});

test("newest first, steps of progress only when they are wanted", () => {
  const known = [
    ...[event(1), event(2, "progress"), event(3), event(4, "epochs")],
  ];
  expect(seqs(shownEvents(known, false))).toEqual([3, 1]);
  expect(seqs(shownEvents(known, true))).toEqual([4, 3, 2, 1]);
});
