import { expect, test } from "vitest";
import type { Job, Shard } from "../../api/types.ts";
import type { StreamEvent } from "../../live/stream-event.ts";
import { updateJob, updateRunning, updateShards } from "./job-updates.ts";

const event = (
  type: string,
  body: StreamEvent["body"],
  seq = 1,
): StreamEvent => ({
  stream: "job",
  seq,
  type,
  body,
  at: "2026-01-01T00:00:00.000Z",
});

const job = {
  status: "RUNNING",
  weight: 1,
  done: 0.1,
  shards: {
    total: 10,
    succeeded: 1,
    dead: 0,
    cancelled: 1,
    running: 2,
    pending: 6,
  },
} as Job;

const shard = (index: number, fields: Partial<Shard> = {}): Shard =>
  ({ id: `s${index}`, index, status: "PENDING", done: 0, ...fields }) as Shard;

test("progress moves the counts, and what waits is what is left", () => {
  const body = { succeeded: 4, dead: 1, running: 3, total: 10, done: 0.65 };
  const updated = updateJob(job, [event("progress", body)]);
  expect(updated.done).toBe(0.65);
  expect(updated.shards).toEqual({
    total: 10,
    succeeded: 4,
    dead: 1,
    cancelled: 1,
    running: 3,
    pending: 1,
  });
});

test("the last state that was told is the job's", () => {
  const told = ["PAUSED", "RUNNING", "SUCCEEDED"].map((status) =>
    event("job-status", { status }),
  );
  expect(updateJob(job, told).status).toBe("SUCCEEDED");
});

test("an event of something else leaves the same object", () => {
  expect(updateJob(job, [event("patterns", { items: [] })])).toBe(job);
  const shards = [shard(0)];
  expect(updateShards(shards, [event("progress", {})])).toBe(shards);
});

test("shards take the states that are told of them, the others stay the same objects", () => {
  const shards = [shard(0), shard(1, { status: "RUNNING" }), shard(2)];
  const updated = updateShards(shards, [
    event("shard-status", {
      items: [
        { index: 0, status: "RUNNING", nodeId: "n" },
        { index: 1, status: "SUCCEEDED", nodeId: null },
      ],
    }),
  ]);
  expect(updated[0]).toMatchObject({ status: "RUNNING", nodeId: "n" });
  expect(updated[1]).toMatchObject({ status: "SUCCEEDED", done: 1 });
  expect(updated[2]).toBe(shards[2]);
});

test("shards that are named by their id are found, and their problem is kept", () => {
  const updated = updateShards(
    [shard(0, { status: "RUNNING" }), shard(1, { status: "RUNNING" })],
    [
      event("shard-retry", { shardId: "s0", reason: "no memory" }),
      event("shard-dead", { shardId: "s1", problem: "no such operator" }),
      event("shard-dead", { shardId: "unknown", problem: "?" }),
    ],
  );
  expect(updated.map(({ status, problem }) => [status, problem])).toEqual([
    ["RETRY", "no memory"],
    ["DEAD", "no such operator"],
  ]);
});

test("what is on nodes now replaces what was known of it", () => {
  const shards = [shard(0), shard(1)];
  const updated = updateRunning(shards, [
    shard(1, { status: "RUNNING", done: 0.5 }),
  ]);
  expect(updated[0]).toBe(shards[0]);
  expect(updated[1]).toMatchObject({ status: "RUNNING", done: 0.5 });
});
