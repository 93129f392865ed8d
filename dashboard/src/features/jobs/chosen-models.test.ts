import { expect, test } from "vitest";
import type { TrainedModel } from "../../api/types.ts";
import { chosenModels, keepChosen } from "./chosen-models.ts";

const model = (shardIndex: number, epochs: number, isLive = false) =>
  ({
    shardIndex,
    epochs: Array(epochs).fill({}),
    standing: isLive ? {} : null,
  }) as unknown as TrainedModel;
const models = Array.from({ length: 12 }, (_, i) => model(i, i === 1 ? 0 : 3));
const indices = (kept?: string, of = models) =>
  chosenModels(of, kept).map(({ shardIndex }) => shardIndex);

test("without a choice, the first that have curves are shown", () => {
  expect(indices()).toEqual([0, 2, 3, 4, 5, 6, 7, 8]);
});

test("without a choice, what is trained now is shown before what is done", () => {
  const live = [...models.slice(0, 10), model(10, 1, true), model(11, 0, true)];
  expect(indices(undefined, live)).toEqual([0, 2, 3, 4, 5, 6, 7, 10]);
  expect(indices("2,3", live)).toEqual([2, 3]);
});

test("what the address names is shown where it has curves", () => {
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
