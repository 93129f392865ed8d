import { describe, expect, it } from "vitest";
import { shareWindow, type JobLoad } from "./fair-share.ts";

const job = (jobId: string, more: Partial<JobLoad> = {}): JobLoad => ({
  jobId,
  weight: 1,
  inFlight: 0,
  pending: 1000,
  ...more,
});

const counts = (jobs: readonly JobLoad[], room: number) =>
  Object.fromEntries(
    shareWindow(jobs, room).map(({ jobId, priorities }) => [
      jobId,
      priorities.length,
    ]),
  );

describe("shareWindow", () => {
  it("shares by weight", () => {
    expect(counts([job("a"), job("b", { weight: 2 })], 90)).toEqual({
      a: 30,
      b: 60,
    });
  });

  it("makes up for what is in flight", () => {
    expect(counts([job("a", { inFlight: 20 }), job("b")], 30)).toEqual({
      a: 5,
      b: 25,
    });
  });

  it("gives all the room to whoever has work", () => {
    expect(counts([job("a", { pending: 3 }), job("b")], 20)).toEqual({
      a: 3,
      b: 17,
    });
    expect(counts([job("a", { pending: 0 })], 20)).toEqual({});
    expect(counts([job("a")], 0)).toEqual({});
  });

  it("lets a job that has just come overtake one that has its share", () => {
    const [backlog] = shareWindow([job("a", { inFlight: 50 })], 50);
    const [newcomer] = shareWindow([job("b", { pending: 1 })], 1);
    expect(newcomer!.priorities[0]).toBeGreaterThan(
      Math.max(...backlog!.priorities),
    );
  });

  it("serves a job's own shards in order", () => {
    const [share] = shareWindow([job("a", { weight: 3 })], 10);
    expect(share!.priorities).toEqual(
      [...share!.priorities].sort((a, b) => b - a),
    );
  });

  it("keeps priorities within what the queue takes", () => {
    const [share] = shareWindow([job("a", { inFlight: 2 ** 31 })], 2);
    expect(share!.priorities).toEqual([-2_000_000_000, -2_000_000_000]);
  });
});
