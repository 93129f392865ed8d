import { expect, test } from "vitest";
import { alignEpochs } from "./epoch-rows.ts";

const epoch = (number: number, loss: number, accuracy: number) => ({
  epoch: number,
  loss,
  accuracy,
});

test("epochs of trainings of other lengths, and of one that went on after a break, stand side by side", () => {
  const trainings = [
    [epoch(1, 2, 0.1), epoch(2, 1, 0.5)],
    [epoch(2, 3, 0.2), epoch(3, 2, 0.3)],
    [],
  ];
  expect(alignEpochs(trainings, "loss")).toEqual([
    { epoch: 1, values: [2, undefined, undefined] },
    { epoch: 2, values: [1, 3, undefined] },
    { epoch: 3, values: [undefined, 2, undefined] },
  ]);
  expect(alignEpochs(trainings, "accuracy")[1]).toEqual({
    epoch: 2,
    values: [0.5, 0.2, undefined],
  });
});
