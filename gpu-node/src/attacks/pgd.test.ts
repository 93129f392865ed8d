import { describe, expect, it } from "vitest";
import { randomFrom } from "../data/index.ts";
import { lengthOf } from "./ball.ts";
import {
  climbByPgd,
  drawStarts,
  perturbByPgd,
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
    const starts = drawStarts(images, imageSize, chosen, () => random);
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

  it("gives an image the same bytes in whichever batch it is", async () => {
    const startOf = (from: number) => (image: number) =>
      randomFrom("start", from + image);
    const climb = (from: number, to: number) => {
      const part = images.subarray(from * imageSize, to * imageSize);
      const starts = drawStarts(part, imageSize, chosen, startOf(from));
      return climbByPgd(part, starts, imageSize, chosen, gradientOf);
    };
    const together = await climb(0, 5);
    expect(together.slice(2 * imageSize)).toEqual(await climb(2, 5));
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
