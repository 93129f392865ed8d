import { expect, test } from "vitest";
import { alignEpochs, stretchesOf } from "./epoch-rows.ts";

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

test("what a node did not tell of an epoch is a gap", () => {
  const trainings = [
    [
      { epoch: 1, learningRate: null },
      { epoch: 2, learningRate: 0.1 },
    ],
  ];
  expect(alignEpochs(trainings, "learningRate")).toEqual([
    { epoch: 1, values: [undefined] },
    { epoch: 2, values: [0.1] },
  ]);
});

test("a training's nodes follow each other, each with what it did a second in the mean", () => {
  const on = (
    number: number,
    nodeName: string | null,
    imagesPerSecond: number | null,
  ) => ({ epoch: number, nodeName, imagesPerSecond });
  expect(
    stretchesOf([
      on(1, null, null),
      on(2, "a", 100),
      on(3, "a", 300),
      on(4, "a", 200),
      on(6, "b", 50),
      on(7, "a", 10),
    ]),
  ).toEqual([
    { nodeName: "a", from: 2, to: 4, imagesPerSecond: 200 },
    { nodeName: "b", from: 6, to: 6, imagesPerSecond: 50 },
    { nodeName: "a", from: 7, to: 7, imagesPerSecond: 10 },
  ]);
  expect(stretchesOf([])).toEqual([]);
});
