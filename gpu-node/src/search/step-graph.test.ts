import { describe, expect, it } from "vitest";
import {
  floats,
  referenceBackend,
  type GraphBuilder,
  type TensorData,
  type Value,
} from "../engine/index.ts";
import { buildStepGraph } from "./step-graph.ts";

const [channels, height, width, numClasses] = [2, 3, 4, 3];
const imageSize = channels * height * width;

/** Smooth, so that differences are exact enough: logits = tanh(x)·W. */
const classifier = {
  imageShape: [channels, height, width] as const,
  numClasses,
  addLogits(g: GraphBuilder, images: Value): Value {
    const flat = g.add("Reshape", [images], {
      shape: [images.shape[0], imageSize],
    });
    const weights = floats(
      Array.from({ length: imageSize * numClasses }, (_, i) =>
        Math.sin(i * 1.7),
      ),
      [imageSize, numClasses],
    );
    return g.add(
      "MatMul",
      [g.add("Tanh", [flat], {}), g.constant(weights)],
      {},
    );
  },
};

const wave = (count: number, phase: number) =>
  Float64Array.from(
    { length: count },
    (_, i) => 0.5 + 0.45 * Math.sin(i * 2.3 + phase),
  );

function feedsOf(
  pack: number,
  batchSize: number,
): Record<string, Float64Array> {
  const targets = new Float64Array(pack * numClasses);
  for (let s = 0; s < pack; s++)
    targets[s * numClasses + ((s + 1) % numClasses)] = 1;
  return {
    masks: wave(pack * height * width, 0),
    canvases: wave(pack * imageSize, 1),
    images: wave(pack * batchSize * imageSize, 2),
    targets,
  };
}

/** The loss of one search, straight from the paper's formula. */
function lossByHand(
  feeds: Record<string, Float64Array>,
  search: number,
  batchSize: number,
  alpha: number,
): number {
  const pixels = height * width;
  const mask = feeds.masks.subarray(search * pixels, (search + 1) * pixels);
  let crossEntropy = 0;
  for (let b = 0; b < batchSize; b++) {
    const logits = new Array<number>(numClasses).fill(0);
    for (let i = 0; i < imageSize; i++) {
      const m = mask[i % pixels];
      const image = feeds.images[(search * batchSize + b) * imageSize + i];
      const mixed =
        m * feeds.canvases[search * imageSize + i] + (1 - m) * image;
      for (let k = 0; k < numClasses; k++)
        logits[k] +=
          Math.tanh(mixed) * Math.fround(Math.sin((i * numClasses + k) * 1.7));
    }
    const target = (search + 1) % numClasses;
    const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
    crossEntropy -= Math.log(Math.exp(logits[target]) / sum) / batchSize;
  }
  const size = mask.reduce((total, value) => total + value, 0) / (pixels / 2);
  return alpha * crossEntropy + (1 - alpha) * size;
}

const run = async (
  pack: number,
  batchSize: number,
  alpha: number,
  feeds: Readonly<Record<string, TensorData>>,
) => {
  const graph = buildStepGraph(classifier, {
    pack,
    batchSize,
    alpha,
    withCanvasGradient: true,
  });
  return (await referenceBackend("float64").compile(graph)).run(feeds);
};

describe("the step graph", () => {
  it.each([
    [1, 1, 0.2],
    [3, 4, 0.2],
    [2, 3, 0.9],
  ])(
    "of %i searches × %i images, α = %f, gives each search the paper's loss",
    async (pack, batchSize, alpha) => {
      const feeds = feedsOf(pack, batchSize);
      const [losses] = await run(pack, batchSize, alpha, feeds);
      for (let search = 0; search < pack; search++)
        expect(losses.data[search]).toBeCloseTo(
          lossByHand(feeds, search, batchSize, alpha),
          6,
        );
    },
  );

  it("gives the gradients of differences, each of its own search's loss", async () => {
    const [pack, batchSize, alpha, step] = [2, 3, 0.4, 1e-5];
    const feeds = feedsOf(pack, batchSize);
    const [, , masks, canvases] = await run(pack, batchSize, alpha, feeds);
    for (const [name, gradient, perSearch] of [
      ["masks", masks, height * width],
      ["canvases", canvases, imageSize],
    ] as const) {
      for (let i = 0; i < pack * perSearch; i++) {
        const search = Math.floor(i / perSearch);
        const kept = feeds[name][i];
        feeds[name][i] = kept + step;
        const above = lossByHand(feeds, search, batchSize, alpha);
        feeds[name][i] = kept - step;
        const below = lossByHand(feeds, search, batchSize, alpha);
        feeds[name][i] = kept;
        expect(gradient.data[i], `${name} ${i}`).toBeCloseTo(
          (above - below) / (2 * step),
          6,
        );
      }
    }
  });

  it("leaves the canvas gradient out where canvases are given", () => {
    const graph = buildStepGraph(classifier, {
      pack: 1,
      batchSize: 2,
      alpha: 0.2,
      withCanvasGradient: false,
    });
    expect(graph.outputs).toHaveLength(3);
  });
});
