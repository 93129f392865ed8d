import { expect, test } from "vitest";
import { rateOf } from "./job-rate.ts";

const old = 10_000;

test("counts stand in the order of time, the newest last; the last six are the minute", () => {
  const { recent, ratePerMinute } = rateOf(
    [
      { span: 0, shards: 3 },
      { span: 5, shards: 4 },
      { span: 6, shards: 100 },
      { span: 29, shards: 1 },
      { span: 30, shards: 50 },
    ],
    { left: 1, ageSeconds: old },
  );
  expect(recent).toHaveLength(30);
  expect(recent.at(-1)).toBe(3);
  expect(recent.at(-6)).toBe(4);
  expect(recent.at(-7)).toBe(100);
  expect(recent[0]).toBe(1);
  expect(recent.reduce((sum, count) => sum + count, 0)).toBe(108);
  expect(ratePerMinute).toBe(7);
});

test("time left is by the last minute where enough was done in it", () => {
  // 30 a minute, 45.5 left.
  const recent = [
    { span: 2, shards: 30 },
    { span: 20, shards: 1_000 },
  ];
  expect(rateOf(recent, { left: 45.5, ageSeconds: old }).secondsLeft).toBe(91);
  // It is 20 s old: 1.5 a second.
  expect(
    rateOf([{ span: 1, shards: 30 }], { left: 45, ageSeconds: 20 }).secondsLeft,
  ).toBe(30);
});

test("of few, long shards it is by five minutes", () => {
  // 6 in 300 s, though none in the last minute.
  const recent = [10, 12, 15, 20, 25, 28].map((span) => ({ span, shards: 1 }));
  expect(rateOf(recent, { left: 2, ageSeconds: old })).toMatchObject({
    ratePerMinute: 0,
    secondsLeft: 100,
  });
});

test("nothing is said where nothing was done, or nothing is done for now", () => {
  expect(rateOf([], { left: 5, ageSeconds: old })).toMatchObject({
    ratePerMinute: 0,
    secondsLeft: null,
  });
  expect(
    rateOf([{ span: 0, shards: 60 }], { left: null, ageSeconds: old }),
  ).toMatchObject({ ratePerMinute: 60, secondsLeft: null });
});
