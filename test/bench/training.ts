/** `npm run bench -- training`: milliseconds of a training step; test/bench/pytorch_training.py measures the same in PyTorch. */
import { parseArgs } from "node:util";
import {
  buildTrainingStep,
  feedsOf,
  findArchitecture,
  newOptimizer,
  openBackend,
  outlineOf,
  startState,
  type ClassifierShape,
} from "../../gpu-node/src/index.ts";

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    architecture: { type: "string", default: "resnet-20" },
    "batch-size": { type: "string", default: "128" },
    steps: { type: "string", default: "10" },
    threads: { type: "string", default: "2" },
    backend: { type: "string", default: "onnxruntime" },
    json: { type: "boolean", default: false },
  },
});
const architecture = findArchitecture(options.architecture);
if (!architecture) {
  process.stderr.write(
    "bench: usage: npm run bench -- training --architecture NAME [--batch-size B --steps N --threads T --backend NAME --json]\n",
  );
  process.exit(2);
}
const batchSize = Number(options["batch-size"]);
const shape: ClassifierShape = { imageShape: [3, 32, 32], numClasses: 10 };
const mapping = {
  inputRange: [0, 1],
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  layout: "NCHW",
  channelOrder: "RGB",
} as const;
const optimizer = newOptimizer({
  name: "sgd",
  momentum: 0.9,
  weightDecay: 5e-4,
});
const backend = await openBackend(options.backend, {
  threads: Number(options.threads),
  onTrials: (line) => process.stderr.write(`${line}\n`),
});
const step = buildTrainingStep(architecture, shape, mapping, {
  optimizer,
  batchSize,
});
const executable = await backend.compile(step.graph);
let { tensors } = startState(outlineOf(architecture, shape), optimizer, 0);
const images = new Float32Array(batchSize * 3 * 32 * 32).map(
  (_, i) => ((i * 7_919) % 1_000) / 1_000,
);
const targets = new Float32Array(batchSize * 10);
for (let i = 0; i < batchSize; i++) targets[10 * i + (i % 10)] = 1;

/** The first steps warm up. */
const warming = 3;
const times: number[] = [];
for (let done = 0; done < warming + Number(options.steps); done++) {
  const began = performance.now();
  const [, , ...updated] = await executable.run({
    images,
    targets,
    learning_rate: Float32Array.of(0.05),
    ...feedsOf(tensors),
  });
  tensors = new Map(
    step.state.map(({ name, shape: sizes }, i) => [
      name,
      { shape: sizes, data: updated[i].data as Float32Array },
    ]),
  );
  if (done >= warming) times.push(performance.now() - began);
}
const sorted = times.toSorted((a, b) => a - b);
const figures = {
  architecture: architecture.name,
  backend: backend.name,
  provider: backend.provider,
  threads: backend.threads,
  batchSize,
  msPerStep: sorted[Math.floor(sorted.length / 2)],
};
process.stdout.write(
  options.json
    ? `${JSON.stringify(figures)}\n`
    : `${figures.msPerStep.toFixed(0)} ms a step, ${((1000 * batchSize) / figures.msPerStep).toFixed(0)} images/s (${architecture.name}, batch ${batchSize}, ${backend.name} ${backend.provider}, ${backend.threads} threads)\n`,
);
await executable.dispose();
