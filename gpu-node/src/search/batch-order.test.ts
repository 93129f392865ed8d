import { describe, expect, it } from "vitest";
import { newBatchOrder } from "./batch-order.ts";

const steps = (order: ReturnType<typeof newBatchOrder>, count: number) =>
  Array.from({ length: count }, (_, step) => [...order.positionsAt(step)]);

describe("the order of batches", () => {
  it("shows every image once an epoch, also where batches do not divide it", () => {
    const seen = steps(newBatchOrder(10, 4, [0, 1, 2]), 5).flat();
    expect(seen.slice(0, 10).sort((a, b) => a - b)).toEqual([
      ...Array(10).keys(),
    ]);
    expect(seen.slice(10, 20).sort((a, b) => a - b)).toEqual([
      ...Array(10).keys(),
    ]);
    expect(seen.slice(0, 10)).not.toEqual(seen.slice(10, 20));
  });

  it("can be asked for any step without those before it", () => {
    const order = newBatchOrder(10, 4, [3, 0, 0]);
    const all = steps(order, 8);
    expect([...newBatchOrder(10, 4, [3, 0, 0]).positionsAt(6)]).toEqual(all[6]);
    expect([...order.positionsAt(1)]).toEqual(all[1]);
  });

  it("depends on seed, class and canvas, and on nothing else", () => {
    const order = (...key: number[]) => steps(newBatchOrder(50, 4, key), 3);
    expect(order(0, 1, 2)).toEqual(order(0, 1, 2));
    for (const other of [
      [1, 1, 2],
      [0, 2, 2],
      [0, 1, 3],
    ])
      expect(order(...other)).not.toEqual(order(0, 1, 2));
  });
});
