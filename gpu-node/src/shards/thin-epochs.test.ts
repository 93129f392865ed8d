import { describe, expect, it } from "vitest";
import { thinEpochs } from "./thin-epochs.ts";

const upTo = (epochs: number) =>
  Array.from({ length: epochs }, (_, i) => ({ epoch: i + 1 }));
const numbersOf = (epochs: readonly { readonly epoch: number }[]) =>
  epochs.map(({ epoch }) => epoch);

describe("thinned epochs", () => {
  it.each([0, 1, 60, 510])("of %i are all of them", (epochs) => {
    expect(thinEpochs(upTo(epochs))).toEqual(upTo(epochs));
  });

  it("of many are the first, the last and every so manieth, 512 at most", () => {
    for (const epochs of [511, 1_020, 1_021, 10_000, 99_999]) {
      const kept = numbersOf(thinEpochs(upTo(epochs)));
      expect(kept.length).toBeGreaterThan(255);
      expect(kept.length).toBeLessThanOrEqual(512);
      expect([kept[0], kept.at(-1)]).toEqual([1, epochs]);
    }
    expect(numbersOf(thinEpochs(upTo(515))).slice(-4)).toEqual([
      510, 512, 514, 515,
    ]);
  });

  it("are the same whether they are thinned as they come or at the end", () => {
    let kept: readonly { readonly epoch: number }[] = [];
    for (const epoch of upTo(5_000)) kept = thinEpochs([...kept, epoch]);
    expect(kept).toEqual(thinEpochs(upTo(5_000)));
  });
});
