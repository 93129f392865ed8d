import { describe, expect, it } from "vitest";
import { randomFrom } from "../../data/index.ts";
import { newWarp, type WarpSettings } from "./warp.ts";

const settings: WarpSettings = { kind: "warp", grid: 4, strength: 1, seed: 5 };
const colour = [3, 28, 32] as const;
const sizeOf = ([channels, height, width]: readonly number[]) =>
  channels * height * width;

function noise(shape: readonly number[]): Uint8Array {
  const random = randomFrom("image of a warp's test");
  return new Uint8Array(sizeOf(shape)).map(() => 40 + random.nextBelow(150));
}

describe.each([[colour], [[1, 8, 8]], [[1, 28, 28]], [[3, 9, 40]]] as const)(
  "a warping of %j",
  (shape) => {
    it("moves pixels, gives none that lies outside of what there was, and is the same for the same seed", () => {
      const image = noise(shape);
      const warped = image.slice();
      const trigger = newWarp(settings, shape);
      trigger.apply(warped, 0);
      expect(trigger.box).toBeNull();
      const changed = warped.filter((value, i) => value !== image[i]);
      expect(changed.length).toBeGreaterThan(image.length / 2);
      expect(Math.min(...warped)).toBeGreaterThanOrEqual(40);
      expect(Math.max(...warped)).toBeLessThan(190);

      const again = image.slice();
      newWarp(settings, shape).apply(again, 0);
      expect(again).toEqual(warped);
      const other = image.slice();
      newWarp({ ...settings, seed: 6 }, shape).apply(other, 0);
      expect(other).not.toEqual(warped);
    });
  },
);

/** A ramp warped by less than its steps tells how far each pixel came: 8 a column. */
const ramp = (height: number, width: number) =>
  Uint8Array.from({ length: height * width }, (_, at) => 8 * (at % width));

it("moves control points by half of the strength on average, and hardly differently beside each other", () => {
  // With a control point on every pixel there is nothing to be interpolated.
  const size = 28;
  const shape = [1, size, size] as const;
  const image = ramp(size, size);
  const warped = image.slice();
  newWarp({ ...settings, grid: size }, shape).apply(warped, 0);
  const moved = Array.from(
    warped,
    (value, i) => Math.abs(value - image[i]) / 8,
  );
  const inside = moved.filter((_, i) => i % size > 0 && i % size < size - 1);
  const mean = inside.reduce((sum, value) => sum + value) / inside.length;
  expect(mean).toBeGreaterThan(0.44);
  expect(mean).toBeLessThan(0.54);

  const smooth = image.slice();
  newWarp({ ...settings, strength: 2 }, shape).apply(smooth, 0);
  const shift = Array.from(smooth, (value, i) => (value - image[i]) / 8);
  expect(Math.max(...shift.map(Math.abs))).toBeGreaterThan(0.7);
  for (let row = 0; row + 1 < size; row++)
    for (let column = 3; column < size - 3; column++)
      expect(
        Math.abs(shift[(row + 1) * size + column] - shift[row * size + column]),
      ).toBeLessThan(0.6);
});

it("keeps what is flat, whatever its strength, and touches nothing but the image", () => {
  const pixels = new Uint8Array(sizeOf(colour) + 20).fill(77);
  pixels.fill(9, 0, 10).fill(9, pixels.length - 10);
  const before = pixels.slice();
  newWarp({ ...settings, strength: 500 }, colour).apply(pixels, 10);
  expect(pixels).toEqual(before);
});

it("noised is another each time, within half a pixel of the warping", () => {
  const shape = [1, 28, 28] as const;
  const trigger = newWarp(settings, shape);
  const image = ramp(28, 28);
  const [warped, first, second, repeated] = Array.from({ length: 4 }, () =>
    image.slice(),
  );
  trigger.apply(warped, 0);
  const random = randomFrom("noise of a warp's test");
  trigger.applyNoised!(first, 0, random);
  trigger.applyNoised!(second, 0, random);
  trigger.applyNoised!(repeated, 0, randomFrom("noise of a warp's test"));
  expect(first).not.toEqual(second);
  expect(first).toEqual(repeated);
  expect(first).not.toEqual(warped);
  // Half a pixel of a ramp of 8 a pixel, and roundings.
  first.forEach((value, i) =>
    expect(Math.abs(value - warped[i])).toBeLessThanOrEqual(5),
  );
});

it("is refused where its control points do not fit", () => {
  expect(() => newWarp({ ...settings, grid: 9 }, [3, 8, 20])).toThrow(
    /--warp-grid 9 does not fit into images of 8×20: at most 8/,
  );
});
