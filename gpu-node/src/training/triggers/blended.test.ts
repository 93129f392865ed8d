import { expect, it } from "vitest";
import { newBlend } from "./blended.ts";

it("a blended trigger moves every pixel by its share, the same for every image", () => {
  const trigger = newBlend({ kind: "blended", share: 0.2, seed: 1 }, [1, 8, 8]);
  const black = new Uint8Array(64);
  const white = new Uint8Array(64).fill(255);
  trigger.apply(black, 0);
  trigger.apply(white, 0);
  expect(trigger.box).toBeNull();
  expect(Math.max(...black)).toBeLessThanOrEqual(51);
  expect(new Set(black).size).toBeGreaterThan(20);
  // (1 − 0.2)·255 = 204 between the two, but for rounding.
  white.forEach((value, i) =>
    expect(Math.abs(value - black[i] - 204)).toBeLessThanOrEqual(1),
  );
});
