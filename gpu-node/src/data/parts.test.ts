import { describe, expect, it } from "vitest";
import { splitParts } from "./parts.ts";
import { randomFrom } from "./random.ts";

const options = { seed: 0, canvasPerClass: 10, searchShare: 0.2 };

/** `sizes[c]` images of each class c, in a random order. */
function labelsOf(sizes: readonly number[]): Uint16Array {
  const labels = Int32Array.from(
    sizes.flatMap((size, label) => Array<number>(size).fill(label)),
  );
  randomFrom("labels", ...sizes).shuffle(labels);
  return Uint16Array.from(labels);
}

const isAscending = (values: Int32Array) =>
  values.every((value, i) => i === 0 || value > values[i - 1]);

describe.each([
  ["ten equal classes", Array<number>(10).fill(100)],
  ["unequal classes", [5, 6, 7, 33, 1000]],
  ["the smallest classes that are divided", [5, 5]],
  ["a class without images", [50, 0, 50]],
])("%s", (_, sizes) => {
  const labels = labelsOf(sizes);
  const parts = splitParts(labels, sizes.length, options);
  const all = [parts.canvas, parts.search, parts.evaluate];

  it("gives each image to exactly one part", () => {
    const seen = all.flatMap((part) => [...part]).sort((a, b) => a - b);
    expect(seen).toEqual(Array.from(labels, (__, i) => i));
    expect(parts.sharesImages).toBe(false);
  });

  it("lists each part in ascending order of numbers", () => {
    expect(all.every(isAscending)).toBe(true);
  });

  it("gives each class its share of each part", () => {
    sizes.forEach((size, label) => {
      if (size === 0) return;
      const count = (part: Int32Array) =>
        part.filter((index) => labels[index] === label).length;
      expect(count(parts.canvas)).toBe(
        Math.min(10, Math.max(1, Math.floor(size / 5))),
      );
      expect(count(parts.search)).toBe(Math.max(1, Math.round(0.2 * size)));
      expect(count(parts.evaluate)).toBeGreaterThan(0);
    });
  });

  it("depends on labels and options alone", () => {
    expect(splitParts([...labels], sizes.length, options)).toEqual(parts);
    const other = splitParts(labels, sizes.length, { ...options, seed: 1 });
    expect(other).not.toEqual(parts);
  });
});

it("leaves something to evaluate on however large the search share", () => {
  const parts = splitParts(labelsOf([20, 20]), 2, {
    ...options,
    searchShare: 1,
  });
  expect(parts.evaluate).toHaveLength(2);
});

it("shares one image a class: halves to search and evaluate, each a canvas too", () => {
  const labels = Uint16Array.from({ length: 1000 }, (_, i) => i);
  const parts = splitParts(labels, 1000, options);
  expect(parts.sharesImages).toBe(true);
  expect(parts.canvas).toEqual(Int32Array.from(labels));
  expect(parts.search).toHaveLength(500);
  expect([...parts.search, ...parts.evaluate].sort((a, b) => a - b)).toEqual([
    ...parts.canvas,
  ]);
  expect([parts.search, parts.evaluate].every(isAscending)).toBe(true);
});

it("shares images as soon as one class is small", () => {
  expect(splitParts(labelsOf([100, 4]), 2, options).sharesImages).toBe(true);
});

it("gives the same parts as ever", () => {
  const labels = Uint16Array.from({ length: 30 }, (_, i) => i % 3);
  const parts = splitParts(labels, 3, options);
  expect({
    canvas: [...parts.canvas],
    search: [...parts.search],
  }).toMatchInlineSnapshot(`
    {
      "canvas": [
        7,
        10,
        18,
        21,
        23,
        29,
      ],
      "search": [
        0,
        4,
        14,
        15,
        22,
        26,
      ],
    }
  `);
});

it("divides two classes of a million images, in numeric order", () => {
  const labels = Uint16Array.from({ length: 1_000_000 }, (_, i) => i % 2);
  const parts = splitParts(labels, 2, options);
  expect(parts.search).toHaveLength(200_000);
  expect(isAscending(parts.evaluate)).toBe(true);
});

it("refuses a label beyond the classes, naming the image", () => {
  expect(() => splitParts([0, 1, 7], 3, options)).toThrow(
    /image 2 has label 7, the model has the classes 0 to 2/,
  );
});
