import { expect, test } from "vitest";
import { deviceWords, heartbeatAge } from "./heartbeat-age.ts";

const at = "2026-01-01T00:00:00.000Z";
const now = Date.parse(at);
const node = { lastSeenAt: at, status: "ONLINE" } as const;

test("a heartbeat ages, and is a warning once it is late", () => {
  expect(heartbeatAge(node, now - 500)).toEqual({
    words: "just now",
    isWorrying: false,
  });
  expect(heartbeatAge(node, now + 9_000)).toEqual({
    words: "9 s ago",
    isWorrying: false,
  });
  expect(heartbeatAge(node, now + 16_000)).toEqual({
    words: "16 s ago",
    isWorrying: true,
  });
});

test("of a node that is away nothing is expected", () => {
  expect(
    heartbeatAge({ ...node, status: "OFFLINE" }, now + 3_600_000).isWorrying,
  ).toBe(false);
  expect(heartbeatAge({ lastSeenAt: null, status: "OFFLINE" }, now).words).toBe(
    "never",
  );
});

test("what computes", () => {
  expect(deviceWords({ backend: "onnxruntime", provider: "cpu" })).toBe(
    "onnxruntime, CPU",
  );
  expect(deviceWords({ backend: null, provider: null })).toBe("unknown");
});
