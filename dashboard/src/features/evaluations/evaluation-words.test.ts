import { expect, test } from "vitest";
import type { Evaluation } from "../../api/types.ts";
import { attackNamesOf, boundWords, latestOfEach } from "./evaluation-words.ts";

test("a job's attacks are known before any of its models is measured", () => {
  const pgd = { attack: "pgd", norm: "linf", pgdSteps: 20 };
  expect(attackNamesOf(pgd)).toEqual(["PGD-20"]);
  const names = ["PGD-5", "APGD-CE", "APGD-T", "Square"];
  const ensemble = { attack: "ensemble", norm: "linf", pgdSteps: 5 };
  expect(attackNamesOf(ensemble)).toEqual(names);
  expect(attackNamesOf({ ...ensemble, norm: "l2" })).toEqual(names.slice(0, 3));
  expect(attackNamesOf(null)).toEqual([]);
});

test("a radius is told with its norm", () => {
  expect(boundWords({ norm: "l2", epsilon: 0.5 })).toBe("L2 ε = 0.5");
  expect(boundWords({ norm: "linf", epsilon: 8 / 255 })).toBe("L∞ ε = 0.0314");
});

test("of each data set and split the newest is shown", () => {
  const of = (shardIndex: number, datasetId: string, split: string | null) =>
    ({ shardIndex, datasetId, split }) as Evaluation;
  const listed = [
    of(0, "a", "test"),
    of(1, "b", "test"),
    of(2, "a", "train"),
    of(3, "a", "test"),
    of(4, "b", null),
  ];
  expect(latestOfEach(listed).map(({ shardIndex }) => shardIndex)).toEqual([
    0, 1, 2, 4,
  ]);
});
