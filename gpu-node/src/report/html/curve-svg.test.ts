import { describe, expect, it } from "vitest";
import { power } from "../check-pattern.ts";
import { curveFigure, sparkline } from "./curve-svg.ts";

const curve = [power(1, 0), power(10, 0.5), power(100, 1)];

/** The numbers of an attribute, in order. */
const numbers = (text: string, pattern: RegExp) =>
  (pattern.exec(text)?.[1] ?? "").split(/[ ,]/).map(Number);

describe("curveFigure", () => {
  it("draws power on a linear and size on a logarithmic axis", () => {
    const { text } = curveFigure(curve, null);
    const [x1, y1, x2, y2, x3, y3] = numbers(
      text,
      /class="line" points="([^"]*)"/,
    );
    expect(x2 - x1).toBeCloseTo(x3 - x2, 0);
    expect(y1 - y2).toBeCloseTo(y2 - y3, 0);
    expect(y1).toBeGreaterThan(y3);
  });

  it("says every point in words, and marks k* only where it was reached", () => {
    const { text } = curveFigure(curve, 10);
    expect(text).toContain(
      "0.0% with 1 pixels, 50.0% with 10 pixels, 100.0% with 100 pixels",
    );
    expect(text).toContain('class="star"');
    expect(curveFigure(curve, null).text).not.toContain("star");
  });

  it("puts the interval's band around the line", () => {
    const { text } = curveFigure(curve, null);
    const line = numbers(text, /class="line" points="([^"]*)"/);
    const band = numbers(text, /class="band"\s+points="([^"]*)"/);
    expect(band).toHaveLength(12);
    expect(band[3]).toBeLessThan(line[3]);
    expect(band[9]).toBeGreaterThan(line[3]);
  });
});

describe("sparkline", () => {
  it("stays inside its frame, also for a single size", () => {
    for (const points of [curve, [power(5, 0.3)]]) {
      const { text } = sparkline(points);
      expect(text).not.toContain("NaN");
      const line = numbers(text, /class="line" points="([^"]*)"/);
      for (let i = 0; i < line.length; i += 2) {
        expect(line[i]).toBeGreaterThanOrEqual(0);
        expect(line[i]).toBeLessThanOrEqual(160);
        expect(line[i + 1]).toBeGreaterThanOrEqual(0);
        expect(line[i + 1]).toBeLessThanOrEqual(44);
      }
    }
  });
});
