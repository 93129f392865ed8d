import { describe, expect, it } from "vitest";
import {
  newGraphBuilder,
  onnxruntimeBackend,
  referenceBackend,
  type TensorData,
} from "../engine/index.ts";
import { randomFrom } from "../data/index.ts";
import { initialWeights } from "./architecture.ts";
import { smallCnn } from "./architectures/small-cnn.ts";
import { buildTrainingStep, velocityName } from "./training-step.ts";

const shape = { imageShape: [1, 8, 8], numClasses: 3 } as const;
const batchSize = 2;
const mapping = {
  inputRange: [0, 1],
  mean: [0.4],
  std: [0.3],
  layout: "NCHW",
  channelOrder: "RGB",
} as const;

/** With η = 1 and neither momentum nor decay, a weight minus the updated weight is its gradient. */
const plainDescent = { momentum: 0, weightDecay: 0, batchSize };

const step = buildTrainingStep(smallCnn, shape, mapping, plainDescent);
const random = randomFrom("training step test");
const feeds: Record<string, Float64Array> = {
  images: Float64Array.from({ length: batchSize * 64 }, () => random.next()),
  targets: Float64Array.of(0, 1, 0, 0, 0, 1),
  learning_rate: Float64Array.of(1),
};
initialWeights(step.parameters, 5).forEach((weights, index) => {
  const parameter = step.parameters[index];
  // Biases away from zero, so that their rectifiers are not all at the kink.
  feeds[parameter.name] = Float64Array.from(weights, (value) =>
    parameter.start === "zeros" ? 0.2 * random.next() - 0.1 : value,
  );
  feeds[velocityName(parameter)] = new Float64Array(weights.length);
});

describe("the gradient of every weight of small-cnn", () => {
  it("agrees with central differences in float64", async () => {
    const executable = await referenceBackend("float64").compile(step.graph);
    const forward = newGraphBuilder();
    forward.adopt(step.graph);
    const lossOnly = await referenceBackend("float64").compile(
      forward.finish([step.graph.outputs[0]]),
    );
    const lossAt = async () => (await lossOnly.run(feeds))[0].data[0];
    const [, , ...updated] = await executable.run(feeds);
    for (const [index, { name }] of step.parameters.entries()) {
      const weights = feeds[name];
      const gradient = weights.map(
        (value, i) => value - updated[index].data[i],
      );
      const largest = Math.max(...gradient.map(Math.abs));
      expect(largest, name).toBeGreaterThan(1e-4);
      for (let sample = 0; sample < 4; sample++) {
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
        ).toBeLessThan(1e-6);
      }
    }
  });

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
    for (const [index, { name }] of step.parameters.entries()) {
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
});

describe("the training step", () => {
  it("counts the images that are right and gives the mean cross-entropy", async () => {
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
