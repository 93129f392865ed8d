import { expect, it } from "vitest";
import { randomFrom } from "../data/index.ts";
import { augmentImage } from "./augment.ts";

const image = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
const changed = (hasFlip: boolean, shift: number, draw: number) => {
  const into = new Uint8Array(9);
  const random = randomFrom("augment test", draw);
  augmentImage(image, into, 0, [1, 3, 3], { hasFlip, shift }, random);
  return into.join(" ");
};

it("leaves an image as it is where nothing is asked for", () => {
  expect(changed(false, 0, 0)).toBe(image.join(" "));
});

it("mirrors left to right, about half of the time", () => {
  const seen = Array.from({ length: 200 }, (_, draw) => changed(true, 0, draw));
  expect(new Set(seen)).toEqual(
    new Set([image.join(" "), "3 2 1 6 5 4 9 8 7"]),
  );
  const mirrored = seen.filter((text) => text !== image.join(" ")).length;
  expect(mirrored).toBeGreaterThan(70);
  expect(mirrored).toBeLessThan(130);
});

it("moves by up to the shift in both directions, with black coming in", () => {
  const seen = new Set(
    Array.from({ length: 300 }, (_, draw) => changed(false, 1, draw)),
  );
  expect(seen.size).toBe(9);
  expect(seen).toContain("0 0 0 0 1 2 0 4 5"); // down and right
  expect(seen).toContain("5 6 0 8 9 0 0 0 0"); // up and left
});

it("changes each image of a batch at its own place, and all channels of it alike", () => {
  const batch = new Uint8Array(2 * 2 * 9);
  for (let i = 0; i < 4; i++) batch.set(image, i * 9);
  const into = new Uint8Array(batch.length);
  const random = randomFrom("augment test", 3);
  augmentImage(batch, into, 18, [2, 3, 3], { hasFlip: true, shift: 1 }, random);
  expect(into.subarray(0, 18).every((value) => value === 0)).toBe(true);
  expect(into.subarray(18, 27)).toEqual(into.subarray(27));
  expect(into.subarray(18).some((value) => value > 0)).toBe(true);
});
