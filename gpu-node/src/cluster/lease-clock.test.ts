import { expect, it } from "vitest";
import { newLeaseClock } from "./lease-clock.ts";

function clockAt(start: number) {
  let time = start;
  const clock = newLeaseClock(() => time);
  return { clock, at: (next: number) => (time = next) };
}

it("counts from the sending of the last answered heartbeat, not from its answer", () => {
  const { clock, at } = clockAt(0);
  clock.begin(10_000, 0, false);
  at(5_000);
  clock.sent(1);
  at(9_000);
  clock.answered(1);
  at(14_999);
  expect(clock.isFenced()).toBe(false);
  at(15_000);
  expect(clock.isFenced()).toBe(true);
});

it("is not renewed by heartbeats that were never answered", () => {
  const { clock, at } = clockAt(0);
  clock.begin(10_000, 0, false);
  for (let sequence = 1; sequence <= 3; sequence++) {
    at(sequence * 3_000);
    clock.sent(sequence);
  }
  expect(clock.fencesAt()).toBe(10_000);
});

it("an answer counts once, out of order it changes nothing", () => {
  const { clock, at } = clockAt(0);
  clock.begin(10_000, 0, false);
  clock.sent(1);
  at(4_000);
  clock.sent(2);
  clock.answered(2);
  clock.answered(1);
  at(8_000);
  clock.answered(2);
  clock.answered(77);
  expect(clock.fencesAt()).toBe(14_000);
});

it("a new stream renews nothing that was held before it", () => {
  const { clock, at } = clockAt(0);
  clock.begin(10_000, 0, false);
  at(9_000);
  clock.begin(10_000, 9_000, true);
  expect(clock.fencesAt()).toBe(10_000);
  clock.sent(1);
  clock.answered(1);
  expect(clock.fencesAt()).toBe(19_000);
});

it("a new stream without leases begins afresh; answers for the old one do not count", () => {
  const { clock, at } = clockAt(0);
  clock.begin(10_000, 0, false);
  clock.sent(1);
  at(60_000);
  expect(clock.isFenced()).toBe(true);
  clock.begin(10_000, 59_000, false);
  clock.answered(1);
  expect(clock.fencesAt()).toBe(69_000);
});
