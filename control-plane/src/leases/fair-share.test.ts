import { describe, expect, it } from "vitest";
import { shareWindow, type JobLoad } from "./fair-share.ts";

const job = (jobId: string, more: Partial<JobLoad> = {}): JobLoad => ({
  jobId,
  weight: 1,
  tag: null,
  queued: 0,
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

  it("gives all the room to whoever has work", () => {
    expect(counts([job("a", { pending: 3 }), job("b")], 20)).toEqual({
      a: 3,
      b: 17,
    });
    expect(counts([job("a", { pending: 0 })], 20)).toEqual({});
    expect(counts([job("a")], 0)).toEqual({});
  });

  it("goes on from what jobs were given before", () => {
    const jobs = [job("a", { tag: 30 }), job("b", { tag: 20, queued: 1 })];
    expect(counts(jobs, 30)).toEqual({ a: 10, b: 20 });
  });

  it("lets a job that has just come overtake the backlog of another", () => {
    const backlog = job("a", { tag: 500, queued: 100 });
    const newcomer = job("b", { pending: 1 });
    const [share] = shareWindow([backlog, newcomer], 1);
    expect(share).toEqual({ jobId: "b", priorities: [-40_100], tag: 401 });
  });

  it("lets nobody make up for having been away", () => {
    const busy = job("a", { tag: 500, queued: 10 });
    const back = job("b", { tag: 3 });
    expect(counts([busy, back], 30)).toEqual({ a: 10, b: 20 });
  });

  it("serves a job's own shards in the order in which they were fed", () => {
    let tag: number | null = null;
    let last = 1;
    for (let round = 0; round < 20; round++) {
      const [share] = shareWindow([job("a", { weight: 3, tag })], 7);
      for (const priority of share!.priorities) {
        expect(priority).toBeLessThan(last);
        last = priority;
      }
      tag = share!.tag;
    }
  });

  it("keeps priorities within what the queue takes", () => {
    const [share] = shareWindow([job("a", { tag: 2 ** 31 })], 2);
    expect(share!.priorities).toEqual([-2_000_000_000, -2_000_000_000]);
  });
});
