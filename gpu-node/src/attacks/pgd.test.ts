import { describe, expect, it } from "vitest";
import { randomFrom } from "../data/index.ts";
import { drawWithinBall, lengthOf } from "./ball.ts";
import {
  perturbByPgd,
  pgd,
  type ImageGradient,
  type PgdSettings,
} from "./pgd.ts";

const imageSize = 12;
const random = randomFrom("pgd test");
const images = Float32Array.from({ length: 5 * imageSize }, (_, i) =>
  i < imageSize ? i % 2 : random.next(),
);
const weights = Float32Array.from(
  { length: imageSize },
  () => random.next() - 0.5,
);

/** Of the loss (w·x)², summed. */
const gradientOf: ImageGradient = (points) => {
  const gradient = new Float32Array(points.length);
  for (let at = 0; at < points.length; at += imageSize) {
    const product = productAt(points, at);
    for (let i = 0; i < imageSize; i++)
      gradient[at + i] = 2 * product * weights[i];
  }
  return Promise.resolve({ gradient });
};

function productAt(points: Float32Array, at: number): number {
  return weights.reduce((sum, weight, i) => sum + weight * points[at + i], 0);
}

const settings: Record<"linf" | "l2", PgdSettings> = {
  linf: {
    norm: "linf",
    epsilon: 0.1,
    stepSize: 0.03,
    steps: 8,
    hasRandomStart: true,
  },
  l2: {
    norm: "l2",
    epsilon: 0.4,
    stepSize: 0.1,
    steps: 8,
    hasRandomStart: true,
  },
};

describe.each([settings.linf, settings.l2])("PGD in $norm", (chosen) => {
  const perturb = (what: Float32Array, seed: number) =>
    perturbByPgd(
      what,
      imageSize,
      chosen,
      gradientOf,
      randomFrom("start", seed),
    );
  const distances = (points: Float32Array) =>
    Array.from({ length: points.length / imageSize }, (_, image) => {
      const difference = points
        .subarray(image * imageSize, (image + 1) * imageSize)
        .map((value, i) => value - images[image * imageSize + i]);
      return chosen.norm === "linf"
        ? Math.max(...difference.map(Math.abs))
        : lengthOf(difference);
    });

  it("stays in the ball and in [0,1], and reaches the ball's edge", async () => {
    const given = Float32Array.from(images);
    const points = await perturb(images, 1);
    expect(images).toEqual(given);
    expect(Math.min(...points)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...points)).toBeLessThanOrEqual(1);
    for (const distance of distances(points))
      expect(distance).toBeLessThanOrEqual(chosen.epsilon + 1e-6);
    expect(Math.max(...distances(points))).toBeCloseTo(chosen.epsilon, 5);
  });

  it("starts at random points of the ball, not all at its edge", () => {
    const starts = new Float32Array(images.length);
    for (let at = 0; at < images.length; at += imageSize) {
      const original = images.subarray(at, at + imageSize);
      starts.set(drawWithinBall(original, chosen, random), at);
    }
    for (const distance of distances(starts)) {
      expect(distance).toBeGreaterThan(0);
      expect(distance).toBeLessThanOrEqual(chosen.epsilon + 1e-6);
    }
    expect(Math.min(...distances(starts))).toBeLessThan(chosen.epsilon - 1e-4);
  });

  it("raises every image's loss", async () => {
    const points = await perturb(images, 1);
    for (let at = 0; at < images.length; at += imageSize) {
      expect(productAt(points, at) ** 2).toBeGreaterThan(
        productAt(images, at) ** 2,
      );
    }
  });

  it("gives the same bytes for the same seed, and other bytes for another", async () => {
    expect(await perturb(images, 1)).toEqual(await perturb(images, 1));
    expect(await perturb(images, 1)).not.toEqual(await perturb(images, 2));
  });

  it("gives an image alone the bytes that it has in a batch", async () => {
    const together = await perturb(images, 1);
    const climb = pgd(
      images.subarray(0, imageSize),
      chosen,
      randomFrom("start", 1),
    );
    let next = climb.next();
    while (next.done !== true)
      next = climb.next(await gradientOf(next.value.point));
    expect(next.value).toEqual(together.slice(0, imageSize));
  });
});

it("leaves an image alone where there is no gradient to follow", async () => {
  const flat: ImageGradient = (points) =>
    Promise.resolve({ gradient: new Float32Array(points.length) });
  for (const chosen of Object.values(settings)) {
    const still = { ...chosen, hasRandomStart: false };
    expect(await perturbByPgd(images, imageSize, still, flat, random)).toEqual(
      images,
    );
  }
});
