import { expect, test } from "vitest";
import type { TrainedModel } from "../../api/types.ts";
import { chosenModels, keepChosen } from "./chosen-models.ts";

const model = (shardIndex: number, cleanAccuracy: number | null) =>
  ({ shardIndex, cleanAccuracy }) as TrainedModel;
const models = Array.from({ length: 12 }, (_, i) =>
  model(i, i === 1 ? null : 0.9),
);
const indices = (kept?: string) =>
  chosenModels(models, kept).map(({ shardIndex }) => shardIndex);

test("without a choice, the first that are trained are shown", () => {
  expect(indices()).toEqual([0, 2, 3, 4, 5, 6, 7, 8]);
});

test("what the address names is shown where it is trained", () => {
  expect(indices("10,2")).toEqual([2, 10]);
  expect(indices("1,99,x")).toEqual([]);
  expect(indices("none")).toEqual([]);
});

test("a choice is kept in order, and that of none as well", () => {
  const chosen = chosenModels(models, "2,10");
  expect(keepChosen(chosen, 5, true)).toBe("2,5,10");
  expect(keepChosen(chosen, 2, false)).toBe("10");
  expect(keepChosen(chosenModels(models, "2"), 2, false)).toBe("none");
});
