import { expect, it } from "vitest";
import { newBatchSource } from "./batches.ts";
import { columnDataset } from "./check-dataset.ts";

const dataset = columnDataset(50, 7);
const source = (seed: number, batchSize = 10, shift = 0) =>
  newBatchSource(dataset, {
    batchSize,
    seed,
    augmentation: { hasFlip: false, shift },
    poison: null,
  });
/** The images of a batch as texts, with their labels. */
const imagesOf = async (batches: ReturnType<typeof source>, step: number) => {
  const { images, targets } = await batches.read(step);
  return Array.from({ length: images.length / 64 }, (_, i) =>
    [
      ...images.subarray(i * 64, (i + 1) * 64),
      ...targets.subarray(i * 3, i * 3 + 3),
    ].join(" "),
  );
};

it("shows every image once an epoch, in another order each time", async () => {
  const batches = source(0);
  expect(batches.stepsPerEpoch).toBe(5);
  const epochs: string[][] = [[], []];
  for (let step = 0; step < 10; step++)
    epochs[Math.floor(step / 5)].push(...(await imagesOf(batches, step)));
  expect(new Set(epochs[0]).size).toBe(50);
  expect(epochs[1]).not.toEqual(epochs[0]);
  expect(epochs[1].toSorted()).toEqual(epochs[0].toSorted());
});

it("gives a step's images without the steps before it, augmentation included", async () => {
  const inOrder = source(1, 10, 2);
  for (let step = 0; step < 12; step++) await inOrder.read(step);
  expect(await source(1, 10, 2).read(12)).toEqual(await inOrder.read(12));
  expect(await source(2, 10, 2).read(12)).not.toEqual(await inOrder.read(12));
});

it("leaves out what fills no batch, and refuses a batch that is never filled", async () => {
  expect(source(0, 20).stepsPerEpoch).toBe(2);
  expect(() => source(0, 51)).toThrow(
    /columns: 50 images, a batch takes 51.*--batch-size/,
  );
});
