import { expect, test } from "vitest";
import { mergeEpochs } from "./merge-epochs.ts";
import { countShards, planRound } from "./train-rounds.ts";

const spread = { workers: 2, rounds: 3 };

test("every shard of a training has a place of its own, the last one's after all rounds", () => {
  const places = [0, 1, 2, 3].flatMap((round) =>
    planRound(spread, round, []).map(({ place }) => place),
  );
  expect(places).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(countShards(spread)).toBe(places.length);
  expect(countShards(null)).toBe(1);
});

test("a round's workers begin with what the last one's left; after the last round one shard does", () => {
  expect(planRound(spread, 1, ["a", "b"]).map(({ round }) => round)).toEqual([
    { round: 1, worker: 0, starts: ["a", "b"], isLast: false },
    { round: 1, worker: 1, starts: ["a", "b"], isLast: false },
  ]);
  expect(planRound(spread, 3, ["a", "b"]).map(({ round }) => round)).toEqual([
    { round: 3, worker: 0, starts: ["a", "b"], isLast: true },
  ]);
});

test("epochs of several workers are means over all images", () => {
  expect(
    mergeEpochs([
      { epoch: 2, loss: 1, accuracy: 0.5, images: 10 },
      { epoch: 1, loss: 4, accuracy: 0.2, images: 10 },
      { epoch: 2, loss: 4, accuracy: 0.8, images: 20 },
    ]),
  ).toEqual([
    { epoch: 1, loss: 4, accuracy: 0.2, images: 10 },
    { epoch: 2, loss: 3, accuracy: 0.7, images: 30 },
  ]);
  expect(mergeEpochs([{ epoch: 1, loss: 2, accuracy: 1, images: 0 }])).toEqual([
    { epoch: 1, loss: 0, accuracy: 0, images: 0 },
  ]);
});
