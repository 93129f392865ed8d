/** `npm run bench -- search`: steps and image gradients a second of the packed search loop. */
import { parseArgs } from "node:util";
import {
  buildStepGraph,
  emptyTrace,
  newBatchOrder,
  openBackend,
  openClassifier,
  openDataset,
  openImageSource,
  presets,
  runSearches,
  type Search,
} from "../../gpu-node/src/index.ts";

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: "string" },
    dataset: { type: "string" },
    "batch-size": { type: "string", default: "4" },
    pack: { type: "string", default: "1" },
    steps: { type: "string", default: "200" },
    threads: { type: "string", default: "2" },
    backend: { type: "string", default: "onnxruntime" },
    json: { type: "boolean", default: false },
  },
});
if (!options.model || !options.dataset) {
  process.stderr.write(
    "bench: usage: npm run bench -- search --model FILE --dataset DIR [--batch-size B --pack S --steps N --threads T --json]\n",
  );
  process.exit(2);
}
const pack = Number(options.pack);
const steps = Number(options.steps);
const batchSize = Number(options["batch-size"]);
const settings = { ...presets.official, steps, batchSize };
const classifier = await openClassifier(options.model);
const dataset = await openDataset(options.dataset, {
  imageShape: classifier.imageShape,
});
const backend = await openBackend(options.backend, {
  threads: Number(options.threads),
  onTrials: (line) => process.stderr.write(`${line}\n`),
});
const executable = await backend.compile(
  buildStepGraph(classifier, {
    pack,
    batchSize,
    alpha: settings.alpha,
    withCanvasGradient: false,
  }),
);
const everyImage = Int32Array.from(
  { length: dataset.labels.length },
  (_, index) => index,
);
const images = await openImageSource(dataset, everyImage.subarray(0, 2000));
const [channels, height, width] = classifier.imageShape;

const searchesOf = (count: number): Search[] =>
  Array.from({ length: pack }, (_, i) => ({
    identity: {
      targetClass: i % classifier.numClasses,
      canvasIndex: 0,
      seed: 0,
    },
    start: {
      step: settings.steps - count,
      mask: new Float32Array(height * width).fill(0.5),
      canvas: new Float32Array(channels * height * width).fill(0.5),
      loss: NaN,
      trace: emptyTrace,
    },
    images: everyImage.subarray(0, 2000),
    order: newBatchOrder(Math.min(2000, everyImage.length), batchSize, [
      0,
      i,
      0,
    ]),
  }));
const timeSteps = async (count: number) => {
  const began = performance.now();
  const shape = {
    pack,
    numClasses: classifier.numClasses,
    imageShape: classifier.imageShape,
  };
  for await (const finished of runSearches(
    searchesOf(count),
    executable,
    images,
    settings,
    shape,
    { now: () => performance.now() },
  ))
    void finished;
  return (performance.now() - began) / 1000;
};
await timeSteps(Math.min(steps, 10));
const seconds = await timeSteps(steps);
const figures = {
  model: classifier.name,
  backend: backend.name,
  provider: backend.provider,
  threads: backend.threads,
  batchSize,
  pack,
  steps,
  seconds,
  stepsPerSecond: (pack * steps) / seconds,
  imageGradientsPerSecond: (pack * steps * batchSize) / seconds,
};
process.stdout.write(
  options.json
    ? `${JSON.stringify(figures)}\n`
    : `${figures.stepsPerSecond.toFixed(1)} steps/s, ${figures.imageGradientsPerSecond.toFixed(0)} image gradients/s (pack ${pack}, batch ${batchSize})\n`,
);
await executable.dispose();
await dataset.close();
