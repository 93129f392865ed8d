import { expect, test } from "vitest";
import type { Job, Shard, TrainedModel } from "../../api/types.ts";
import {
  secondsLeftOf,
  trainingNodes,
  updateRunningModels,
  updateRunningShards,
} from "./training-progress.ts";

const model = (
  shardIndex: number,
  of: Partial<Omit<TrainedModel, "standing">> & {
    standing?: Partial<NonNullable<TrainedModel["standing"]>> | null;
  } = {},
) =>
  ({
    shardIndex,
    name: `m${shardIndex}`,
    status: "RUNNING",
    cleanAccuracy: null,
    standing: null,
    spread: null,
    ...of,
  }) as TrainedModel;

test("trainings stand by their nodes, which are as fast as all of theirs together", () => {
  const on = (nodeName: string, imagesPerSecond: number | null) => ({
    standing: { nodeName, imagesPerSecond },
  });
  const nodes = trainingNodes([
    model(0, on("beta", 100)),
    model(1, on("alpha", null)),
    model(2, on("beta", 50)),
    model(3),
    model(4, { ...on("alpha", 10), status: "RETRY" }),
  ]);
  expect(
    nodes.map(({ name, imagesPerSecond, trainings }) => [
      name,
      imagesPerSecond,
      trainings.map((each) => each.name),
    ]),
  ).toEqual([
    ["alpha", null, ["m1"]],
    ["beta", 150, ["m0", "m2"]],
  ]);
});

test("what is left takes as long as the slowest, once all of it is on nodes and has said how long", () => {
  const job = (pending: number) =>
    ({
      secondsLeft: 7,
      shards: {
        ...{ total: 4, succeeded: 1, dead: 1, cancelled: 0, pending },
        running: 2 - pending,
      },
    }) as Job;
  const done = model(0, { status: "SUCCEEDED" });
  const says = (index: number, secondsLeft: number | null) =>
    model(index, { standing: { secondsLeft } });
  expect(secondsLeftOf(job(0), [done, says(2, 30), says(3, 20)])).toBe(30);
  expect(secondsLeftOf(job(0), [done, says(2, 30), says(3, null)])).toBe(7);
  expect(secondsLeftOf(job(1), [done, says(2, 30)])).toBe(7);
  expect(secondsLeftOf(job(0), [])).toBe(7);
});

test("a look at what is on nodes changes nothing of what is trained, and nobody stands where no node is", () => {
  const trained = model(0, { cleanAccuracy: 0.9, status: "SUCCEEDED" });
  const gone = model(1, { standing: { epoch: 4 } });
  const waiting = model(2, { status: "PENDING" });
  const before = model(3, { standing: { epoch: 4 } });
  const now = model(3, { standing: { epoch: 5 } });
  expect(
    updateRunningModels(
      [trained, gone, waiting, before],
      [model(0, { standing: { epoch: 9 } }), now],
    ),
  ).toEqual([trained, { ...gone, standing: null }, waiting, now]);
});

test("a look at what is on nodes brings shards further, but none back that has ended", () => {
  const shard = (index: number, status: Shard["status"], done: number) =>
    ({ index, status, done }) as Shard;
  const at = (shardIndex: number, done: number) => model(shardIndex, { done });
  expect(
    updateRunningShards(
      [
        shard(0, "QUEUED", 0),
        shard(1, "RUNNING", 0.1),
        shard(2, "SUCCEEDED", 1),
        shard(3, "PENDING", 0),
      ],
      [at(0, 0.1), at(1, 0.2), at(2, 0.9)],
    ),
  ).toEqual([
    shard(0, "RUNNING", 0.1),
    shard(1, "RUNNING", 0.2),
    shard(2, "SUCCEEDED", 1),
    shard(3, "PENDING", 0),
  ]);
});

test("a training that is spread over workers says nothing of its first shard", () => {
  const shards = [
    { id: "a", index: 0, status: "RUNNING", done: 0.2 },
  ] as unknown as Shard[];
  const spread = { workers: 2, rounds: 3, roundsDone: 1 };
  expect(
    updateRunningShards(shards, [model(0, { done: 0.6, spread })]),
  ).toEqual(shards);
  expect(updateRunningShards(shards, [model(0, { done: 0.6 })])).toMatchObject([
    { done: 0.6 },
  ]);
});
