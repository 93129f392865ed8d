import { expect, test } from "vitest";
import { formatEntry } from "./log-stream.ts";

const time = Date.UTC(2026, 0, 2, 3, 4, 5);

test("a readable line has time, level, context, message and what it is about", () => {
  const line = JSON.stringify({
    ...{ level: 40, time, pid: 1, hostname: "h", replicaId: "r" },
    ...{ context: "Leases", msg: "expired", jobId: "j", shards: [1, 2] },
  });
  expect(formatEntry(line)).toBe(
    "03:04:05 warn  Leases: expired  jobId=j  shards=[1,2]\n",
  );
});

test("an error's stack follows its line", () => {
  const line = JSON.stringify({
    ...{ level: 50, time, msg: "failed", err: { stack: "Error: x\n  at y" } },
  });
  expect(formatEntry(line)).toBe("03:04:05 error failed\nError: x\n  at y\n");
});
