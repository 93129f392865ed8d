import { describe, expect, it } from "vitest";
import { newTrainingReport } from "./training-report.ts";

const epoch = (number: number, loss = 1 / number) => ({
  epoch: number,
  loss,
  accuracy: 0.5,
  images: 64,
  learningRate: 0.1,
  imagesPerSecond: 250,
});

describe("what is told of a training", () => {
  it("an epoch is told with every heartbeat until one that told it is answered", () => {
    const report = newTrainingReport();
    const numbers = (sequence: number) =>
      report.tell(sequence).epochs.map((each) => each.epoch);
    report.addEpoch(epoch(1));
    expect(numbers(5)).toEqual([1]);
    report.addEpoch(epoch(2));
    expect(numbers(6)).toEqual([1, 2]);
    // The fifth knew only the first.
    report.answered(5);
    expect(numbers(7)).toEqual([2]);
    report.answered(7);
    expect(numbers(8)).toEqual([]);
  });

  it("the epoch under way as it is now, and what the clock does not say left out", () => {
    const report = newTrainingReport();
    expect(report.tell(1).standing).toBeUndefined();
    report.setStanding({ ...epoch(3), epochs: 9, secondsLeft: 12 });
    report.setStanding({
      ...epoch(4),
      imagesPerSecond: null,
      epochs: 9,
      secondsLeft: null,
    });
    expect(report.tell(2)).toEqual({
      epochs: [],
      standing: {
        soFar: { ...epoch(4), imagesPerSecond: undefined },
        epochs: 9,
        secondsLeft: undefined,
      },
    });
  });

  it("fits into a message however long nobody answers", () => {
    const report = newTrainingReport();
    for (let number = 1; number <= 10_000; number++)
      report.addEpoch(epoch(number));
    const { epochs } = report.tell(1);
    expect(epochs.length).toBeLessThanOrEqual(512);
    expect(epochs.at(-1)).toEqual(epoch(10_000));
  });
});
