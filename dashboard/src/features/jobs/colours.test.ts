import { expect, test } from "vitest";
import { inkOn, strengthColour, strengthOfK } from "./colours.ts";

test("few pixels are strong, on a logarithmic scale between the curves' ends", () => {
  const ks = [2, 8, 32];
  expect(strengthOfK(2, ks)).toBe(1);
  expect(strengthOfK(8, ks)).toBeCloseTo(0.5);
  expect(strengthOfK(32, ks)).toBe(0);
  expect(strengthOfK(5, [5])).toBe(1);
});

const luminance = (color: readonly number[]): number => {
  const [r = 0, g = 0, b = 0] = color.map((value) =>
    value / 255 <= 0.04045
      ? value / 255 / 12.92
      : ((value / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

test.each(["light", "dark"] as const)(
  "text is read on every colour of the %s scheme (4.5 to 1), and strength only moves one way",
  (scheme) => {
    const steps = Array.from({ length: 101 }, (_, i) =>
      strengthColour(i / 100, scheme),
    );
    for (const color of steps) {
      const ground = luminance(color);
      const contrast =
        inkOn(color) === "#000"
          ? (ground + 0.05) / 0.05
          : 1.05 / (ground + 0.05);
      expect(contrast).toBeGreaterThanOrEqual(4.5);
    }
    const lights = steps.map(luminance);
    const sorted = lights.toSorted((a, b) =>
      scheme === "dark" ? a - b : b - a,
    );
    expect(lights).toEqual(sorted);
  },
);
