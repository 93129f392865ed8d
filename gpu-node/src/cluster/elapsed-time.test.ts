import { expect, it } from "vitest";
import { newElapsedTime } from "./elapsed-time.ts";

it.each([
  ["both clocks move", 500, 500, 500],
  ["the machine slept: only the wall clock moved", 0, 30_000, 30_000],
  ["the wall clock was set back", 700, -3_600_000, 700],
  ["both stand", 0, 0, 0],
])("%s", (_, monotonicMs, wallMs, elapsedMs) => {
  let [monotonic, wall] = [100, 1_000_000];
  const now = newElapsedTime(
    () => monotonic,
    () => wall,
  );
  const before = now();
  monotonic += monotonicMs;
  wall += wallMs;
  expect(now() - before).toBe(elapsedMs);
  expect(now() - before).toBe(elapsedMs);
});
