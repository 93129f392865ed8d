import { describe, expect, it } from "vitest";
import { rampColor, rampGradient } from "./color-ramp.ts";

/** CIE lightness L* of an sRGB colour (IEC 61966-2-1, D65), a formula other than the ramp's own. */
function lightness([r, g, b]: readonly [number, number, number]): number {
  const linear = [r, g, b].map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return y > 216 / 24389 ? 116 * Math.cbrt(y) - 16 : (y * 24389) / 27;
}

describe("rampColor", () => {
  it("rises in lightness at every step, in nearly equal steps, so that grey and colour-blind eyes read it too", () => {
    const steps = Array.from({ length: 17 }, (_, i) =>
      lightness(rampColor(i / 16)),
    );
    const rises = steps.slice(1).map((value, i) => value - steps[i]);
    expect(Math.min(...rises)).toBeGreaterThan(3);
    expect(Math.max(...rises)).toBeLessThan(9);
    expect(steps[0]).toBeLessThan(8);
    expect(steps[16]).toBeGreaterThan(93);
  });

  it("stays within sRGB and is the same outside 0…1 as at its ends", () => {
    for (let i = 0; i <= 255; i++)
      for (const value of rampColor(i / 255)) {
        expect(Number.isInteger(value)).toBe(true);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(255);
      }
    expect(rampColor(-1)).toEqual(rampColor(0));
    expect(rampColor(2)).toEqual(rampColor(1));
  });
});

it("the gradient runs from the first colour to the last", () => {
  const gradient = rampGradient(3);
  expect(gradient).toMatch(
    /^linear-gradient\(90deg, rgb\([\d ]+\), rgb\([\d ]+\), rgb\([\d ]+\)\)$/,
  );
  expect(gradient).toContain(`(90deg, rgb(${rampColor(0).join(" ")})`);
});
