import { describe, expect, it } from "vitest";
import { pattern } from "./check-pattern.ts";
import { chanceOverlap, meanSeedOverlap, overlapOf } from "./overlap.ts";

/** Of 40 pixels, 5% are 2. */
const pixels = 40;

describe("overlapOf", () => {
  it("is the mean intersection over union of the strongest 5%, seeds and canvases apart", () => {
    const overlap = overlapOf(
      [
        pattern({ seed: 0, topPixels: [1, 2, 30] }),
        pattern({ seed: 1, topPixels: [2, 3, 30] }),
        pattern({ canvasIndex: 1, seed: 0, topPixels: [2, 1, 9] }),
      ],
      pixels,
    );
    expect(overlap.betweenSeeds).toEqual({ mean: 1 / 3, pairs: 1 });
    expect(overlap.betweenCanvases).toEqual({ mean: 1, pairs: 1 });
  });

  it("says nothing where there is nothing to compare", () => {
    expect(overlapOf([pattern()], pixels)).toEqual({
      betweenSeeds: null,
      betweenCanvases: null,
    });
  });

  it("stays bounded for very many patterns", () => {
    const many = Array.from({ length: 500 }, (_, seed) => pattern({ seed }));
    expect(overlapOf(many, pixels).betweenSeeds).toEqual({
      mean: 1,
      pairs: (40 * 39) / 2,
    });
  });
});

it("chance is what two random patterns share", () => {
  expect(chanceOverlap(pixels)).toBeCloseTo(0.05 / 1.95, 6);
});

it("the mean over classes counts each class once, and is nothing without a second seed", () => {
  const seeds = (targetClass: number, ...tops: number[][]) =>
    tops.map((topPixels, seed) => pattern({ targetClass, seed, topPixels }));
  const patterns = [
    ...seeds(0, [1, 2], [1, 2], [1, 2]),
    ...seeds(1, [1, 2], [3, 4]),
    ...seeds(2, [1, 2]),
  ];
  expect(meanSeedOverlap(patterns, pixels)).toBeCloseTo(0.5, 6);
  expect(meanSeedOverlap(seeds(0, [1, 2]), pixels)).toBeNull();
});
