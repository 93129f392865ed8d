import { expect, test } from "vitest";
import { RecentEvents } from "./recent-events.ts";
import type { StreamEvent } from "./stream-event.ts";

const event = (seq: number): StreamEvent => ({
  stream: "j",
  seq,
  type: "t",
  body: {},
  at: "",
});

test("gives what came since a moment, and forgets what is older than any request", () => {
  const recent = new RecentEvents();
  recent.push([event(1), event(2)], 1_000);
  recent.push([event(3)], 2_000);
  expect(recent.since(1_000).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(recent.since(1_001).map(({ seq }) => seq)).toEqual([3]);
  recent.push([event(4)], 61_500);
  expect(recent.since(0).map(({ seq }) => seq)).toEqual([3, 4]);
});
