import { describe, expect, it } from "vitest";
import { pattern, result } from "../check-pattern.ts";
import { summarizeClasses } from "../class-summary.ts";
import { rampColor } from "../color-ramp.ts";
import { inkOn, sourceMatrix } from "./source-matrix.ts";

const two = result([
  pattern({
    sourceToTarget: [
      { sourceClass: 1, power: 0.25, n: 10 },
      { sourceClass: 2, power: 0.75, n: 10 },
    ],
  }),
  pattern({ targetClass: 2 }),
]);

describe("sourceMatrix", () => {
  it("has a row for each source and the class itself left out", () => {
    const text = sourceMatrix(two, summarizeClasses(two))?.text ?? "";
    expect(text.match(/scope="row"/g)).toHaveLength(2);
    expect(text).toContain('title="dog → cat: 25.0%"');
    expect(text).toContain('title="bird → cat: 75.0%"');
    expect(text).toContain("the class itself");
  });

  it("is left out for one class, and beyond 43", () => {
    const one = result([pattern()]);
    expect(sourceMatrix(one, summarizeClasses(one))).toBeNull();
    const many = { ...two, model: { ...two.model, numClasses: 44 } };
    expect(sourceMatrix(many, summarizeClasses(many))).toBeNull();
  });
});

it("numbers are readable on every colour of the ramp: contrast of at least 4.5", () => {
  const luminance = (rgb: readonly number[]) => {
    const [r, g, b] = rgb.map((value) => {
      const share = value / 255;
      return share <= 0.04045
        ? share / 12.92
        : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (let i = 0; i <= 100; i++) {
    const rgb = rampColor(i / 100);
    const ink = inkOn(rgb) === "#000" ? 0 : 1;
    const [light, dark] = [luminance(rgb), ink].sort((a, b) => b - a);
    expect((light + 0.05) / (dark + 0.05)).toBeGreaterThanOrEqual(4.5);
  }
});
