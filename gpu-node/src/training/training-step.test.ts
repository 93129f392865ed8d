import { describe, expect, it } from "vitest";
import {
  newGraphBuilder,
  onnxruntimeBackend,
  referenceBackend,
  type TensorData,
} from "../engine/index.ts";
import { randomFrom } from "../data/index.ts";
import { outlineOf, type Architecture } from "./architecture.ts";
import { mobilenetSmall } from "./architectures/mobilenet.ts";
import { resnet8 } from "./architectures/resnet.ts";
import { smallCnn } from "./architectures/small-cnn.ts";
import { addNormalisedConvolution, addPooledLinear } from "./layers.ts";
import { newOptimizer } from "./optimizer.ts";
import { buildImageGradient, buildTrainingStep } from "./training-step.ts";
import { startState } from "./training-state.ts";

const shape = { imageShape: [1, 8, 8], numClasses: 3 } as const;
const mapping = {
  inputRange: [0, 1],
  mean: [0.4],
  std: [0.3],
  layout: "NCHW",
  channelOrder: "RGB",
} as const;

/** With η = 1 and neither momentum nor decay, a weight minus the updated weight is its gradient. */
const optimizer = newOptimizer({
  name: "sgd",
  momentum: 0,
  weightDecay: 0,
});

function prepare(architecture: Architecture, batchSize: number) {
  const random = randomFrom("training step test");
  const outline = outlineOf(architecture, shape);
  const targets = new Float64Array(batchSize * shape.numClasses);
  for (let i = 0; i < batchSize; i++) targets[i * 3 + ((i + 1) % 3)] = 1;
  const feeds: Record<string, Float64Array> = {
    images: Float64Array.from({ length: batchSize * 64 }, () => random.next()),
    targets,
    learning_rate: Float64Array.of(1),
  };
  for (const [name, { data }] of startState(outline, optimizer, 5).tensors)
    // Biases away from zero, so that their rectifiers are not all at the kink.
    feeds[name] = Float64Array.from(data, (value) =>
      name.endsWith("bias") ? 0.2 * random.next() - 0.1 : value,
    );
  const step = buildTrainingStep(architecture, shape, mapping, {
    ...{ optimizer, batchSize },
  });
  return { step, feeds, random, parameters: outline.parameters };
}

describe.each([
  [smallCnn, 2, 4],
  [resnet8, 3, 1],
  [mobilenetSmall, 3, 1],
] as const)(
  "the gradient of every weight of $name",
  (architecture, batchSize, samples) => {
    const { step, feeds, random, parameters } = prepare(
      architecture,
      batchSize,
    );

    it("agrees with central differences in float64", async () => {
      const executable = await referenceBackend("float64").compile(step.graph);
      const forward = newGraphBuilder();
      forward.adopt(step.graph);
      const lossOnly = await referenceBackend("float64").compile(
        forward.finish([step.graph.outputs[0]]),
      );
      const lossAt = async () => (await lossOnly.run(feeds))[0].data[0];
      const [, , ...updated] = await executable.run(feeds);
      for (const [index, { name }] of parameters.entries()) {
        const weights = feeds[name];
        const gradient = weights.map(
          (value, i) => value - updated[index].data[i],
        );
        const largest = Math.max(...gradient.map(Math.abs));
        expect(largest, name).toBeGreaterThan(1e-5);
        for (let sample = 0; sample < samples; sample++) {
          const at = random.nextBelow(weights.length);
          const kept = weights[at];
          weights[at] = kept + 1e-6;
          const above = await lossAt();
          weights[at] = kept - 1e-6;
          const difference = (above - (await lossAt())) / 2e-6;
          weights[at] = kept;
          expect(
            Math.abs(difference - gradient[at]) / largest,
            `${name}[${at}]`,
          ).toBeLessThan(1e-5);
        }
      }
    }, 60_000);

    it("agrees between ONNX Runtime and the reference to 1e-4 of its largest entry", async () => {
      const single: Record<string, TensorData> = Object.fromEntries(
        Object.entries(feeds).map(([name, data]) => [
          name,
          Float32Array.from(data),
        ]),
      );
      const exact = await (
        await referenceBackend("float64").compile(step.graph)
      ).run(feeds);
      const executable = await onnxruntimeBackend({ threads: 1 }).compile(
        step.graph,
      );
      const fast = await executable.run(single);
      await executable.dispose();
      expect(fast[0].data[0]).toBeCloseTo(exact[0].data[0], 5);
      for (const [index, { name }] of parameters.entries()) {
        const gradients = [fast, exact].map((outputs) =>
          Float64Array.from(
            outputs[2 + index].data,
            (value, i) => feeds[name][i] - value,
          ),
        );
        const largest = Math.max(...gradients[1].map(Math.abs));
        const worst = Math.max(
          ...gradients[0].map((value, i) => Math.abs(value - gradients[1][i])),
        );
        expect(worst / largest, name).toBeLessThan(1e-4);
      }
    });
  },
);

describe("a normalised step", () => {
  it("takes a tenth of the batch's own moments into the running ones, the variance without bias", async () => {
    const stem: Architecture = {
      ...{ name: "stem", description: "", smallestImage: 1 },
      addLogits: (place, images, numClasses) =>
        addPooledLinear(
          place,
          "head",
          addNormalisedConvolution(place, "stem", images, {
            ...{ channels: 1, size: 1 },
          }),
          numClasses,
        ),
    };
    const { step, feeds } = prepare(stem, 2);
    feeds["stem.weight"].fill(0.3);
    feeds["stem.norm.mean"].fill(7);
    feeds["stem.norm.variance"].fill(5);
    const executable = await referenceBackend("float64").compile(step.graph);
    const results = await executable.run(feeds);
    const at = (name: string) =>
      results[2 + step.state.findIndex((each) => each.name === name)].data[0];
    // (x − 0.4)/0.3 by the mapping, times 0.3 by the filter.
    const seen = [...feeds.images].map((value) => value - 0.4);
    const mean = seen.reduce((sum, value) => sum + value, 0) / seen.length;
    const variance =
      seen.reduce((sum, value) => sum + (value - mean) ** 2, 0) /
      (seen.length - 1);
    expect(at("stem.norm.mean")).toBeCloseTo(0.9 * 7 + 0.1 * mean, 5);
    expect(at("stem.norm.variance")).toBeCloseTo(0.9 * 5 + 0.1 * variance, 5);
  });
});

describe("the gradient that an adversary climbs", () => {
  it("agrees with central differences of the step's summed loss", async () => {
    const batchSize = 3;
    const { step, feeds, random } = prepare(resnet8, batchSize);
    const climbed = await referenceBackend("float64").compile(
      buildImageGradient(resnet8, shape, mapping, batchSize),
    );
    const whole = await referenceBackend("float64").compile(step.graph);
    const lossAt = async () => (await whole.run(feeds))[0].data[0] * batchSize;
    const [gradient] = await climbed.run(feeds);
    const largest = Math.max(...Array.from(gradient.data, Math.abs));
    for (let sample = 0; sample < 4; sample++) {
      const at = random.nextBelow(feeds.images.length);
      const kept = feeds.images[at];
      feeds.images[at] = kept + 1e-6;
      const above = await lossAt();
      feeds.images[at] = kept - 1e-6;
      const difference = (above - (await lossAt())) / 2e-6;
      feeds.images[at] = kept;
      expect(Math.abs(difference - gradient.data[at]) / largest).toBeLessThan(
        1e-5,
      );
    }
  });
});

describe("the training step", () => {
  it("counts the images that are right and gives the mean cross-entropy", async () => {
    const { step, feeds } = prepare(smallCnn, 2);
    const executable = await referenceBackend("float64").compile(step.graph);
    const zeroed = Object.fromEntries(
      Object.entries(feeds).map(([name, data]) => [
        name,
        name === "images" || name === "targets"
          ? data
          : name === "head.bias"
            ? Float64Array.of(0, 2, 0)
            : new Float64Array(data.length),
      ]),
    );
    const [loss, numRight] = await executable.run(zeroed);
    // Logits (0, 2, 0) for both images, of classes 1 and 2.
    const logSum = Math.log(Math.exp(2) + 2);
    expect(loss.data[0]).toBeCloseTo((logSum - 2 + logSum) / 2, 12);
    expect(numRight.data[0]).toBe(1);
  });
});
