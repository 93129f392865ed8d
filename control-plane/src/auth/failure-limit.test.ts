import { expect, test } from "vitest";
import { FailureLimit } from "./failure-limit.ts";

const options = { mostFailures: 3, windowMs: 1_000, mostAddresses: 2 };

test("an address that failed too often waits for the rest of the window", () => {
  const limit = new FailureLimit(options);
  for (let i = 0; i < 3; i++) {
    expect(limit.waitMs("a", 100 * i)).toBe(0);
    limit.recordFailure("a", 100 * i);
  }
  expect(limit.waitMs("a", 300)).toBe(700);
  expect(limit.waitMs("b", 300)).toBe(0);
  expect(limit.waitMs("a", 1_000)).toBe(0);
});

test("failures of an earlier window do not count", () => {
  const limit = new FailureLimit(options);
  for (let i = 0; i < 3; i++) limit.recordFailure("a", 0);
  limit.recordFailure("a", 1_000);
  expect(limit.waitMs("a", 1_001)).toBe(0);
});

test("it remembers only so many addresses", () => {
  const limit = new FailureLimit(options);
  for (let i = 0; i < 3; i++) limit.recordFailure("a", 0);
  limit.recordFailure("b", 1);
  limit.recordFailure("c", 2);
  expect(limit.waitMs("a", 3)).toBe(0);
});
