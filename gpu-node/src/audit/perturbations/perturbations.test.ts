import { describe, expect, it } from "vitest";
import {
  imageShape,
  randomClassifier,
} from "../../attacks/check-classifier.ts";
import { randomFrom } from "../../data/index.ts";
import {
  newGraphBuilder,
  onnxruntimeBackend,
  referenceBackend,
  type Backend,
} from "../../engine/index.ts";
import { buildQuestionGraph } from "../question-graph.ts";
import { newPerturbation } from "./index.ts";
import { perturbationKinds, type Perturbation } from "./perturbation.ts";

const classifier = randomClassifier(4);
const size = imageShape[0] * imageShape[1] * imageShape[2];
const random = randomFrom("perturbations' tests");
/** Of whole steps of 1/255, as images are. */
const image = new Uint8Array(size).map(() => random.nextBelow(256));

const natural = Float32Array.from(image, (value) => value / 255);

/** Values anywhere between their bounds, away from both. */
const drawVariables = (perturbation: Perturbation) =>
  perturbation.variables.map(({ shape, low, high }) =>
    new Float32Array(shape.reduce((all, each) => all * each, 1)).map(
      () => low + (high - low) * (0.1 + 0.8 * random.next()),
    ),
  );

async function perturb(
  perturbation: Perturbation,
  variables: readonly Float32Array[],
  backend: Backend,
): Promise<number[]> {
  const g = newGraphBuilder();
  const images = g.input("images", [1, 1, ...imageShape]);
  const values = perturbation.variables.map(({ name, shape }) =>
    g.input(name, [1, ...shape]),
  );
  const { perturbed } = perturbation.addPerturbed(g, values, images);
  const executable = await backend.compile(g.finish([perturbed]));
  const [{ data }] = await executable.run({
    images: Float32Array.from(image, (value) => value / 255),
    ...Object.fromEntries(
      perturbation.variables.map(({ name }, i) => [name, variables[i]]),
    ),
  });
  return [...data];
}

describe.each(perturbationKinds)("the perturbation %s", (kind) => {
  const perturbation = newPerturbation(kind, imageShape);
  const { strengths, variables } = perturbation;

  it("is tried at rising strengths", () => {
    expect(strengths.length).toBeGreaterThan(1);
    expect([...strengths].sort((a, b) => a - b)).toEqual(strengths);
    expect(new Set(strengths).size).toBe(strengths.length);
  });

  it("begins within its bounds, the same way every time", () => {
    const start = perturbation.start(3, natural);
    expect(start.map(({ length }) => length)).toEqual(
      drawVariables(perturbation).map(({ length }) => length),
    );
    start.forEach((values, i) => {
      for (const value of values) {
        expect(value).toBeGreaterThanOrEqual(variables[i].low);
        expect(value).toBeLessThanOrEqual(variables[i].high);
      }
    });
    expect(perturbation.start(3, natural)).toEqual(start);
  });

  it("leaves other images in a batch and the originals alone", () => {
    const apply = perturbation.apply(drawVariables(perturbation));
    const two = Uint8Array.from([...image, ...image.map((v) => 255 - v)]);
    const before = two.slice();
    const both = new Uint8Array(2 * size);
    apply(strengths[1], two, both, 2);
    const second = new Uint8Array(size);
    apply(strengths[1], two.slice(size), second, 1);
    expect(both.slice(size)).toEqual(second);
    expect(two).toEqual(before);
  });

  it("has the gradients that central differences have", async () => {
    const backend = referenceBackend();
    const executable = await backend.compile(
      buildQuestionGraph(classifier, perturbation, { pack: 1, batchSize: 1 }),
    );
    const at = drawVariables(perturbation);
    const run = async (values: readonly Float32Array[]) =>
      executable.run({
        images: Float32Array.from(image, (value) => 0.2 + (0.6 * value) / 255),
        wanted: Float32Array.from([0, 1, 0, 0]),
        ...Object.fromEntries(
          variables.map(({ name }, i) => [name, values[i]]),
        ),
      });
    const [, , ...gradients] = await run(at);
    const step = 2 ** -10;
    const searched = variables.flatMap(({ stepSize }, i) =>
      stepSize > 0 ? [i] : [],
    );
    expect(gradients).toHaveLength(searched.length);
    for (const [nth, i] of searched.entries()) {
      const values = at[i];
      for (const place of [0, values.length >> 1, values.length - 1]) {
        const lossAt = async (by: number) => {
          const moved = at.map((each) => each.slice());
          moved[i][place] += by;
          return (await run(moved))[0].data[0];
        };
        const slope =
          ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
        expect(gradients[nth].data[place]).toBeCloseTo(slope, 3);
      }
    }
  });

  it("draws a picture of the image's size", () => {
    const picture = perturbation.draw(
      drawVariables(perturbation),
      strengths[1],
    );
    expect(picture).toHaveLength(4 * imageShape[1] * imageShape[2]);
  });
});

it.each([
  ["faint", 0.1],
  ["stripes", 0.1],
] as const)(
  "%s is tried as it is searched, up to the rounding of pixels",
  async (kind, strength) => {
    const perturbation = newPerturbation(kind, imageShape);
    const found = drawVariables(perturbation);
    const searched = await perturb(
      perturbation,
      found,
      onnxruntimeBackend({ threads: 1 }),
    );
    const tried = new Uint8Array(size);
    perturbation.apply(found)(strength, image, tried, 1);
    searched.forEach((value, i) =>
      expect(Math.abs(255 * value - tried[i])).toBeLessThanOrEqual(0.51),
    );
  },
);

it("a movement is searched as a straight line through what it is tried as", async () => {
  const perturbation = newPerturbation("warp", imageShape);
  const found = drawVariables(perturbation);
  const small = found.map((values) => values.map((value) => value / 20));
  const ramp = Uint8Array.from({ length: size }, (_, i) => 20 * (i % 6) + 60);
  const tried = new Uint8Array(size);
  perturbation.apply(small)(1, ramp, tried, 1);
  const g = newGraphBuilder();
  const images = g.input("images", [1, 1, ...imageShape]);
  const { perturbed } = perturbation.addPerturbed(
    g,
    perturbation.variables.map(({ name, shape }) =>
      g.input(name, [1, ...shape]),
    ),
    images,
  );
  const executable = await onnxruntimeBackend({ threads: 1 }).compile(
    g.finish([perturbed]),
  );
  const [{ data }] = await executable.run({
    images: Float32Array.from(ramp, (value) => value / 255),
    field: small[0],
  });
  // Inside, where the ramp is straight, both are the same; at its ends edges are repeated.
  for (let row = 0; row < 6; row++)
    for (let column = 1; column < 5; column++) {
      const at = 6 * row + column;
      expect(Math.abs(255 * data[at] - tried[at])).toBeLessThanOrEqual(0.51);
    }
});

it("canvases with given values are noise, or an image of the class", () => {
  const [, noise] = newPerturbation("noise-canvas", imageShape).start(
    1,
    natural,
  );
  expect(new Set(noise)).toEqual(new Set([0, 1]));
  const [, given] = newPerturbation("natural-canvas", imageShape).start(
    1,
    natural,
  );
  expect(given).toEqual(natural);
});

it("a patch is as many whole pixels as it is tried with", () => {
  const perturbation = newPerturbation("patch", imageShape);
  const mask = new Float32Array(36);
  mask[5] = 0.9;
  mask[30] = 0.8;
  const canvas = new Float32Array(36).fill(1);
  const tried = new Uint8Array(size);
  perturbation.apply([mask, canvas])(2, image, tried, 1);
  expect(
    [...tried]
      .map((value, i) => (i === 5 || i === 30 ? 255 : image[i]) === value)
      .every(Boolean),
  ).toBe(true);
});
