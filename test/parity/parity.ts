/**
 * `npm run parity`: replays a recorded reference run and prints, as JSON, how far Motif is from it. Gradients are compared
 * at the recorded masks: trajectories of sign steps are chaotic and never agree pixel by pixel.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import {
  buildStepGraph,
  compilePredictor,
  measurePower,
  openBackend,
  openClassifier,
  openDataset,
  predictImages,
  rankPixels,
} from "../../gpu-node/src/index.ts";

const range = z.tuple([z.number(), z.number()]);
const goldenSchema = z.object({
  alpha: z.number(),
  stepSize: z.number(),
  batchSize: z.number(),
  initialMask: z.number(),
  steps: z.number(),
  testPositions: range,
  results: z.array(
    z.object({
      targetClass: z.number(),
      canvasIndex: z.number(),
      batches: z.array(z.array(z.number())),
      losses: z.array(z.number()),
      checkpoints: z.array(
        z.object({
          step: z.number(),
          batch: z.array(z.number()),
          mask: z.array(z.number()),
          loss: z.number(),
          gradient: z.array(z.number()),
        }),
      ),
      top50: z.array(z.number()),
      maskL1: z.number(),
      predictivePower: z.record(z.string(), z.number()),
      baseRate: z.number(),
    }),
  ),
});

const { values: options } = parseArgs({
  options: {
    golden: { type: "string" },
    model: { type: "string" },
    dataset: { type: "string" },
    backend: { type: "string", default: "onnxruntime" },
    threads: { type: "string", default: "2" },
    "no-replay": { type: "boolean", default: false },
  },
});
if (!options.golden || !options.model || !options.dataset) {
  process.stderr.write(
    "parity: --golden FILE --model FILE --dataset DIR are needed.\n",
  );
  process.exit(2);
}
const golden = goldenSchema.parse(
  JSON.parse(await readFile(options.golden, "utf8")),
);
const backend = await openBackend(options.backend, {
  threads: Number(options.threads),
  onTrials: (line) => process.stderr.write(`${line}\n`),
});
const classifier = await openClassifier(options.model);
const dataset = await openDataset(options.dataset, {
  imageShape: classifier.imageShape,
  split: "test",
});
const [channels, height, width] = classifier.imageShape;
const pixels = height * width;
const imageSize = channels * pixels;

const readFloats = async (indices: readonly number[]) => {
  const bytes = new Uint8Array(indices.length * imageSize);
  await dataset.read(indices, bytes);
  return Float32Array.from(bytes, (value) => value / 255);
};
const step = await backend.compile(
  buildStepGraph(classifier, {
    pack: 1,
    batchSize: golden.batchSize,
    alpha: golden.alpha,
    withCanvasGradient: false,
  }),
);
const predictor = await compilePredictor(classifier, backend, 50);
const [firstTest, lastTest] = golden.testPositions;
const perClass = dataset.labels.length / classifier.numClasses;
const evaluated = Int32Array.from(
  Array.from({ length: classifier.numClasses }, (_, index) =>
    Array.from(
      { length: lastTest - firstTest + 1 },
      (_unused, i) => index * perClass + firstTest + i,
    ),
  ).flat(),
);
const predictions = options["no-replay"]
  ? new Int32Array(0)
  : await predictImages(predictor, dataset, evaluated);

const results = [];
for (const recorded of golden.results) {
  const canvases = await readFloats([recorded.canvasIndex]);
  const targets = new Float32Array(classifier.numClasses);
  targets[recorded.targetClass] = 1;
  const run = async (mask: Float32Array, batch: readonly number[]) => {
    const [loss, , gradient] = await step.run({
      masks: mask,
      canvases,
      images: await readFloats(batch),
      targets,
    });
    return { loss: loss.data[0], gradient: gradient.data };
  };
  const checkpoints = [];
  for (const checkpoint of recorded.checkpoints) {
    const { loss, gradient } = await run(
      Float32Array.from(checkpoint.mask),
      checkpoint.batch,
    );
    const largest = Math.max(...checkpoint.gradient.map(Math.abs));
    const gradientError =
      Math.max(
        ...checkpoint.gradient.map((value, i) => Math.abs(value - gradient[i])),
      ) / largest;
    checkpoints.push({
      step: checkpoint.step,
      gradientError,
      lossError: Math.abs(loss - checkpoint.loss),
    });
  }
  if (options["no-replay"]) {
    results.push({ targetClass: recorded.targetClass, checkpoints });
    continue;
  }
  const mask = new Float32Array(pixels).fill(golden.initialMask);
  for (const batch of recorded.batches) {
    const { gradient } = await run(mask, batch);
    for (let i = 0; i < pixels; i++)
      mask[i] = Math.min(
        1,
        Math.max(0, mask[i] - golden.stepSize * Math.sign(gradient[i])),
      );
  }
  const ranking = rankPixels(mask);
  const sizes = Object.keys(recorded.predictivePower).map(Number);
  const canvas = new Uint8Array(imageSize);
  await dataset.read([recorded.canvasIndex], canvas);
  const { curve } = await measurePower(
    predictor,
    { dataset, indices: evaluated, predictions },
    {
      targetClass: recorded.targetClass,
      canvas,
      ranking,
      sizes,
      sourceSize: 50,
    },
  );
  const ours = new Set(ranking.subarray(0, 50));
  const shared = recorded.top50.filter((index) => ours.has(index)).length;
  results.push({
    targetClass: recorded.targetClass,
    checkpoints,
    maskL1: {
      motif: mask.reduce((sum, value) => sum + value, 0),
      recorded: recorded.maskL1,
    },
    predictivePower: curve.map(({ k, power }) => ({
      k,
      motif: 100 * power,
      recorded: recorded.predictivePower[String(k)],
    })),
    baseRate: { motif: 100 * curve[0].baseRate, recorded: recorded.baseRate },
    top50Overlap: shared / (100 - shared),
  });
}
const largestGradientError = Math.max(
  ...results.flatMap((result) =>
    result.checkpoints.map((checkpoint) => checkpoint.gradientError),
  ),
);
const powers = results.flatMap((result) =>
  "predictivePower" in result
    ? (result.predictivePower ?? []).filter(({ k }) => k === 50)
    : [],
);
const mean = (numbers: readonly number[]) =>
  numbers.length === 0
    ? null
    : numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
const summary = {
  largestGradientError,
  meanPowerAt50: {
    motif: mean(powers.map(({ motif }) => motif)),
    recorded: mean(powers.map(({ recorded }) => recorded)),
  },
};
process.stdout.write(
  `${JSON.stringify({ backend: backend.name, provider: backend.provider, summary, targets: results }, null, 2)}\n`,
);
await step.dispose();
await predictor.dispose();
await dataset.close();
