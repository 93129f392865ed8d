import { expect, test } from "vitest";
import { placeSamples, sampleScale } from "./sample-place.ts";

const samples = {
  ...{ height: 28, width: 20, perClass: 8, classesPerSheet: 100 },
  sheets: ["a".repeat(64), "b".repeat(64), "c".repeat(64)],
};

test("each class has a row of its sheet; the last sheet is as long as its classes", () => {
  expect(placeSamples(samples, 250, 0)).toEqual({
    ...{ src: `/api/artifacts/${"a".repeat(64)}`, top: 0 },
    ...{ height: 2800, width: 160 },
  });
  expect(placeSamples(samples, 250, 99)).toMatchObject({ top: 99 * 28 });
  expect(placeSamples(samples, 250, 249)).toEqual({
    ...{ src: `/api/artifacts/${"c".repeat(64)}`, top: 49 * 28 },
    ...{ height: 1400, width: 160 },
  });
  expect(placeSamples(samples, 250, 300)).toBeUndefined();
});

test.each([
  [8, 8, 8],
  [28, 28, 2],
  [32, 32, 2],
  [33, 20, 1],
  [64, 64, 1],
])("samples of %i × %i pixels are shown %i times their size", (...sizes) => {
  const [height, width, scale] = sizes;
  expect(sampleScale({ height, width })).toBe(scale);
});
