import { describe, expect, it } from "vitest";
import {
  exportModel,
  importModel,
  onnxruntimeBackend,
  referenceBackend,
} from "../engine/index.ts";
import type { Architecture } from "./architecture.ts";
import { resnet8 } from "./architectures/resnet.ts";
import { smallCnn } from "./architectures/small-cnn.ts";
import { newBatchSource } from "./batches.ts";
import { measureChannels } from "./channel-statistics.ts";
import { columnDataset } from "./check-dataset.ts";
import { buildInferenceGraph } from "./inference-graph.ts";
import { learningRateAt } from "./schedule.ts";
import {
  trainWeights,
  type EpochSummary,
  type TrainingOptions,
  type TrainingSettings,
  type TrainingStanding,
} from "./train.ts";
import type { TrainingState } from "./training-state.ts";

const dataset = columnDataset(240, 1);
const shape = { imageShape: dataset.imageShape, numClasses: 3 };
const settings: TrainingSettings = {
  optimizer: { name: "sgd", momentum: 0.9, weightDecay: 5e-4 },
  adversary: null,
  epochs: 4,
  batchSize: 16,
  learningRate: 0.05,
  schedule: "one-cycle",
  seed: 3,
};
const backend = onnxruntimeBackend({ threads: 1 });

async function train(
  options: Partial<TrainingOptions> = {},
  changed: Partial<TrainingSettings> = {},
  architecture: Architecture = smallCnn,
) {
  const { mean, std } = await measureChannels(dataset);
  return trainWeights(
    architecture,
    shape,
    { inputRange: [0, 1], mean, std, layout: "NCHW", channelOrder: "RGB" },
    newBatchSource(dataset, {
      batchSize: settings.batchSize,
      seed: settings.seed,
      augmentation: { hasFlip: false, shift: 0 },
      poison: null,
    }),
    { ...settings, ...changed },
    backend,
    { now: () => 0, ...options },
  );
}
const bytesOf = ({ tensors }: TrainingState, architecture = smallCnn) =>
  exportModel(buildInferenceGraph(architecture, shape, tensors));

describe("a training of four epochs", () => {
  it("learns the columns, and gives the same bytes again", async () => {
    const epochs: EpochSummary[] = [];
    let steps = 0;
    const weights = await train({
      onEpoch: (summary) => epochs.push(summary),
      onStep: () => steps++,
    });
    expect(steps).toBe(60);
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(epochs[3].accuracy).toBeGreaterThan(0.98);
    expect(epochs[3].loss).toBeLessThan(epochs[0].loss / 4);
    expect(bytesOf(await train())).toEqual(bytesOf(weights));
  });

  it("tells with each step how the epoch goes, and with each epoch how fast it was and at what learning rate", async () => {
    const epochs: EpochSummary[] = [];
    const standings: TrainingStanding[] = [];
    let now = 0;
    await train({
      now: () => now,
      onStep(standing) {
        standings.push(standing);
        // A step takes a tenth of a second, of which the step itself knows nothing yet.
        now += 100;
      },
      onEpoch: (summary) => epochs.push(summary),
    });
    const rateOf = (step: number) =>
      learningRateAt("one-cycle", step, 60, 0.05);
    expect(epochs.map(({ learningRate }) => learningRate)).toEqual(
      [14, 29, 44, 59].map(rateOf),
    );
    // Fifteen steps, of which the clock has seen fourteen.
    expect(epochs[0].imagesPerSecond).toBeCloseTo((15 * 16) / 1.4, 9);
    expect(standings[0]).toMatchObject({
      ...{ epoch: 1, epochs: 4, learningRate: rateOf(0) },
      ...{ imagesPerSecond: null, secondsLeft: null },
    });
    expect(standings[22]).toMatchObject({ epoch: 2, learningRate: rateOf(22) });
    // Of 2.2 s so far, in which 23 steps were done; the speed is counted from where the epoch before began.
    expect(standings[22].imagesPerSecond).toBeCloseTo((23 * 16) / 2.2, 9);
    expect(standings[22].secondsLeft).toBeCloseTo((37 * 2.2) / 23, 9);
    expect(standings[40].imagesPerSecond).toBeCloseTo((26 * 16) / 2.6, 9);
    // The last step of an epoch says of it what the epoch says of itself.
    const { imagesPerSecond: _, ...second } = epochs[1];
    expect(standings[29]).toMatchObject(second);
    expect(standings[59].secondsLeft).toBe(0);
  });

  it("that was stopped goes on to the same bytes", async () => {
    const controller = new AbortController();
    let steps = 0;
    let kept: TrainingState | null = null;
    const stopped = train({
      signal: controller.signal,
      onStep() {
        if (++steps === 22) controller.abort();
      },
      onCheckpoint: async (state) => {
        kept = state;
      },
    });
    await expect(stopped).rejects.toThrow(/abort/);
    expect(kept).toMatchObject({ step: 22 });
    expect(bytesOf(await train({ start: kept }))).toEqual(
      bytesOf(await train()),
    );
  });

  it("that was stopped goes on to the same bytes with normalisation, AdamW and an adversary as well", async () => {
    const changed: Partial<TrainingSettings> = {
      optimizer: { name: "adamw", weightDecay: 0.01 },
      learningRate: 0.01,
      epochs: 1,
      adversary: {
        norm: "linf",
        epsilon: 0.05,
        stepSize: 0.02,
        steps: 2,
        hasRandomStart: true,
      },
    };
    const controller = new AbortController();
    let steps = 0;
    let kept: TrainingState | null = null;
    const stopped = train(
      {
        signal: controller.signal,
        onStep() {
          if (++steps === 7) controller.abort();
        },
        onCheckpoint: async (state) => {
          kept = state;
        },
      },
      changed,
      resnet8,
    );
    await expect(stopped).rejects.toThrow(/abort/);
    const [whole, resumed] = [
      await train({}, changed, resnet8),
      await train({ start: kept }, changed, resnet8),
    ];
    expect(bytesOf(resumed, resnet8)).toEqual(bytesOf(whole, resnet8));
  });

  it("says what to do when the loss leaves the finite numbers", async () => {
    await expect(train({}, { learningRate: 90 })).rejects.toThrow(
      /the loss is (NaN|Infinity) at step \d+ of 60.*--learning-rate/,
    );
  });
});

it("an adversary costs accuracy on the images that it perturbs, and what is trained against it stands it better", async () => {
  const perturbing: Partial<TrainingSettings> = {
    adversary: {
      norm: "linf",
      epsilon: 0.25,
      stepSize: 0.08,
      steps: 5,
      hasRandomStart: false,
    },
  };
  const natural = await train({}, { epochs: 6 });
  const adversarial = await train({}, { epochs: 6, ...perturbing });
  /** Of a further epoch that hardly moves the weights. */
  const rightUnderAttack = async (start: TrainingState) => {
    const epochs: EpochSummary[] = [];
    await train(
      { start: { ...start, step: 0 }, onEpoch: (one) => epochs.push(one) },
      { epochs: 1, learningRate: 1e-8, ...perturbing },
    );
    return epochs[0].accuracy;
  };
  expect(await rightUnderAttack(adversarial)).toBeGreaterThan(
    (await rightUnderAttack(natural)) + 0.1,
  );
});

it("the exported file is imported for any batch, and gives the logits of the training's weights", async () => {
  const weights = await train();
  const bytes = bytesOf(weights);
  const images = new Float32Array(5 * 64).map((_, i) => Math.sin(i));
  const run = async (batch: number, data: Float32Array) => {
    const { graph, input } = importModel(bytes, { name: "trained", batch });
    const executable = await referenceBackend().compile(graph);
    return (await executable.run({ [input.name]: data }))[0];
  };
  const together = await run(5, images);
  expect(together.shape).toEqual([5, 3]);
  for (let i = 0; i < 5; i++) {
    const alone = await run(1, images.subarray(i * 64, (i + 1) * 64));
    alone.data.forEach((value, k) =>
      expect(together.data[i * 3 + k]).toBeCloseTo(value, 5),
    );
  }
});

it("channel statistics are the mean and deviation of the pixels, to four places", async () => {
  const { mean, std } = await measureChannels(dataset);
  const pixels = new Uint8Array(240 * 64);
  await dataset.read(
    Array.from({ length: 240 }, (_, i) => i),
    pixels,
  );
  const average = pixels.reduce((sum, value) => sum + value / 255, 0) / 15360;
  const variance =
    pixels.reduce((sum, value) => sum + (value / 255 - average) ** 2, 0) /
    15360;
  expect(mean[0]).toBe(Number(average.toFixed(4)));
  expect(std[0]).toBe(Number(Math.sqrt(variance).toFixed(4)));
});
