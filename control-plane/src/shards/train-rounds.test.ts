import { expect, test } from "vitest";
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
