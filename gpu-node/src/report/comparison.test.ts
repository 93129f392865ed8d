import { describe, expect, it } from "vitest";
import { pattern, power, result } from "./check-pattern.ts";
import { compareResults } from "./comparison.ts";

const at = (small: number, large: number) => [
  power(10, small),
  power(50, large),
];
const entry = (
  name: string,
  canvasSource: "natural" | "noise",
  powers: readonly (readonly [number, number])[],
) => ({
  directory: `${name}-${canvasSource}`,
  result: result(
    powers.map(([small, large], targetClass) =>
      pattern({ targetClass, predictivePower: at(small, large) }),
    ),
    { name, sha256: name.repeat(64).slice(0, 64), canvasSource },
  ),
});

const clean = [
  [0.1, 0.3],
  [0.2, 0.4],
  [0.1, 0.5],
] as const;
const poisoned = [
  [0.1, 0.3],
  [0.9, 1],
  [0.2, 0.4],
] as const;

describe("compareResults", () => {
  it("groups columns by model and takes differences to the first column of the same canvases", () => {
    const { columns, rows } = compareResults([
      entry("a", "natural", clean),
      entry("b", "natural", poisoned),
      entry("a", "noise", clean),
      entry("b", "noise", poisoned),
    ]);
    expect(columns.map(({ directory }) => directory)).toEqual([
      "a-natural",
      "a-noise",
      "b-natural",
      "b-noise",
    ]);
    expect(columns.map(({ baseline }) => baseline)).toEqual([null, null, 0, 1]);
    expect(columns.map(({ startsGroup }) => startsGroup)).toEqual([
      false,
      false,
      true,
      false,
    ]);
    expect(rows[1].differences).toEqual([undefined, undefined, 0.6, 0.6]);
    expect(rows[1].excess).toBeCloseTo(0.9 - 0.2, 12);
    expect(Math.max(...rows.map(({ excess }) => excess))).toBe(rows[1].excess);
  });

  it("leaves gaps where a result has no pattern of a class", () => {
    const { rows } = compareResults([
      entry("a", "noise", clean),
      entry("b", "noise", poisoned.slice(0, 2)),
    ]);
    expect(rows[2].summaries[1]).toBeUndefined();
    expect(rows[2].differences[1]).toBeUndefined();
    expect(rows.map(({ name }) => name)).toEqual(["cat", "dog", "bird"]);
  });

  it.each([1, 9])("refuses %i results", (count) => {
    const entries = Array.from({ length: count }, (_, i) =>
      entry(`m${i}`, "noise", clean),
    );
    expect(() => compareResults(entries)).toThrow(/takes 2 to 8 results/);
  });

  it("refuses models of different classes", () => {
    const other = entry("b", "noise", clean);
    const renamed = {
      ...other,
      result: {
        ...other.result,
        dataset: { ...other.result.dataset, classes: ["x", "y", "z"] },
      },
    };
    expect(() => compareResults([entry("a", "noise", clean), renamed])).toThrow(
      /a and b have different classes/,
    );
  });
});
