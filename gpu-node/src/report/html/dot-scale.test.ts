import { expect, it } from "vitest";
import { shareScale, sizeScale } from "./dot-scale.ts";

it("shares run from end to end and never past it", () => {
  expect(shareScale.place(0.25)).toBe("25.00%");
  expect(shareScale.place(1.2)).toBe("100.00%");
});

it("sizes are logarithmic, with infinity behind the largest", () => {
  const { place, ticks } = sizeScale([1, 10, 100]);
  const at = (value: number | null) => parseFloat(place(value));
  expect(at(10) - at(1)).toBeCloseTo(at(100) - at(10), 1);
  expect(at(null)).toBeGreaterThan(at(100) + 5);
  expect(ticks.map(({ label }) => label)).toEqual(["1", "10", "100", "∞"]);
});

it("a single size has a place too", () => {
  expect(sizeScale([5]).place(5)).toBe("43.00%");
});
