import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openClassifier } from "../classifier/classifier.ts";
import { randomFrom } from "../data/index.ts";
import {
  exportModel,
  importModel,
  newGraphBuilder,
  onnxruntimeBackend,
  referenceBackend,
  type TensorData,
} from "../engine/index.ts";
import {
  classifier,
  normalised,
} from "../engine/onnx/check-classifier-file.ts";
import {
  writeOnnx,
  type FileNode,
  type OnnxFile,
} from "../engine/onnx/check-onnx-file.ts";
import { outlineOf } from "./architecture.ts";
import { architectureOf } from "./architecture-of-model.ts";
import { buildInferenceGraph } from "./inference-graph.ts";
import { newOptimizer } from "./optimizer.ts";
import { feedsOf, startState } from "./training-state.ts";
import { buildTrainingStep } from "./training-step.ts";

const optimizer = newOptimizer({ name: "sgd", momentum: 0, weightDecay: 0 });
const batchSize = 2;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-model-architecture-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(file: OnnxFile, manifest: object = {}) {
  await writeFile(join(folder, "net.onnx"), writeOnnx(file));
  await writeFile(join(folder, "net.json"), JSON.stringify(manifest));
  return openClassifier(join(folder, "net.onnx"));
}

const toPlanes: FileNode = {
  op: "Transpose",
  inputs: ["pixels"],
  outputs: ["image"],
  attributes: { perm: { ints: [0, 3, 1, 2] } },
};
/** As Keras' converter writes it, of a model that takes what Caffe's models took. */
const channelsLast = {
  file: {
    ...normalised,
    inputs: [{ name: "pixels", shape: [1, 8, 8, 3] }],
    nodes: [toPlanes, ...normalised.nodes],
  },
  manifest: {
    ...{ inputRange: [0, 2], mean: [0.4, 0.5, 0.6], std: [0.5, 0.6, 0.7] },
    ...{ layout: "NHWC", channelOrder: "BGR" },
  },
};

describe.each([
  ["channels first", normalised, {}],
  ["channels last, blue first", channelsLast.file, channelsLast.manifest],
] as const)("a model as an architecture, %s", (_, file, manifest) => {
  const prepare = async () => {
    const model = await open(file, manifest);
    const architecture = architectureOf(model);
    const shape = { imageShape: model.imageShape, numClasses: 5 };
    const outline = outlineOf(architecture, shape);
    const random = randomFrom("architecture of a model");
    const targets = new Float64Array(batchSize * 5);
    for (let i = 0; i < batchSize; i++) targets[i * 5 + i + 1] = 1;
    const feeds: Record<string, Float64Array> = {
      images: Float64Array.from({ length: batchSize * 192 }, () =>
        random.next(),
      ),
      targets,
      learning_rate: Float64Array.of(1),
    };
    const state = startState(outline, optimizer, 0);
    for (const [name, { data }] of state.tensors)
      feeds[name] = Float64Array.from(data);
    return { model, architecture, shape, outline, random, feeds, state };
  };

  it("has gradients that agree with central differences in float64", async () => {
    const { model, architecture, shape, outline, random, feeds } =
      await prepare();
    const { graph } = buildTrainingStep(architecture, shape, model.mapping, {
      ...{ optimizer, batchSize },
    });
    const step = await referenceBackend("float64").compile(graph);
    const lossAt = async () => (await step.run(feeds))[0].data[0];
    const [, , ...updated] = await step.run(feeds);
    expect(outline.normalisations).toEqual([]);
    expect(outline.parameters.map(({ name }) => name)).toEqual([
      ...["filter", "bias", "gamma", "beta", "shift", "weights", "head_bias"],
    ]);
    for (const [index, { name }] of outline.parameters.entries()) {
      const weights = feeds[name];
      const gradient = weights.map(
        (value, i) => value - updated[index].data[i],
      );
      const largest = Math.max(...gradient.map(Math.abs));
      expect(largest, name).toBeGreaterThan(1e-5);
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
        ).toBeLessThan(1e-5);
      }
    }
  });

  it("exports before its first step what it was made from, under the same convention", async () => {
    const { model, architecture, shape, feeds, state } = await prepare();
    const images = Float32Array.from(feeds.images);
    const exported = exportModel(
      buildInferenceGraph(architecture, shape, state.tensors),
    );
    expect(importModel(exported, { name: "again", batch: 1 }).layout).toBe(
      model.mapping.layout,
    );
    await writeFile(join(folder, "again.onnx"), exported);
    await writeFile(join(folder, "again.json"), JSON.stringify(manifest));
    const again = await openClassifier(join(folder, "again.onnx"));
    const logitsOf = async (one: typeof model) => {
      const g = newGraphBuilder();
      const input = g.input("images", [batchSize, ...shape.imageShape]);
      const executable = await referenceBackend().compile(
        g.finish([one.addLogits(g, input)]),
      );
      return [...(await executable.run({ images }))[0].data];
    };
    const [before, after] = [await logitsOf(model), await logitsOf(again)];
    after.forEach((logit, at) => expect(logit).toBeCloseTo(before[at], 4));
  });
});

describe("a model that cannot be trained", () => {
  it("is refused by the operator and node that its gradient would have to go through", async () => {
    const model = await open({
      ...classifier,
      nodes: classifier.nodes.flatMap((node) =>
        node.op === "Relu"
          ? [
              { op: "Relu", inputs: ["c"], outputs: ["positive"] },
              {
                ...{ op: "Round", name: "steps" },
                ...{ inputs: ["positive"], outputs: ["r"] },
              },
            ]
          : [node],
      ),
    });
    expect(() => architectureOf(model)).toThrow(
      /net cannot be fine-tuned: .* filter: .*Round "steps"/,
    );
  });

  it("is refused where the file has no weights", async () => {
    const model = await open({
      ...classifier,
      initializers: [],
      nodes: [
        ...classifier.initializers.map((tensor) => ({
          ...{ op: "Constant", outputs: [tensor.name] },
          attributes: { value: { tensor } },
        })),
        ...classifier.nodes,
      ],
    });
    expect(() => architectureOf(model)).toThrow(
      /net cannot be fine-tuned: it holds no weights/,
    );
  });

  it("is refused when it is opened where it is quantised, by operator and node", async () => {
    const quantised = open({
      ...classifier,
      nodes: classifier.nodes.map((node) =>
        node.op === "Relu"
          ? { ...node, op: "DynamicQuantizeLinear", name: "quantise" }
          : node,
      ),
    });
    await expect(quantised).rejects.toThrow(
      /DynamicQuantizeLinear "quantise".*no gradients/,
    );
  });
});

it("a weight that is called like an input of the step is trained under another name", async () => {
  const model = await open({
    ...classifier,
    initializers: classifier.initializers.map((tensor) =>
      tensor.name === "weights" ? { ...tensor, name: "targets" } : tensor,
    ),
    nodes: classifier.nodes.map((node) => ({
      ...node,
      inputs: node.inputs!.map((name) =>
        name === "weights" ? "targets" : name,
      ),
    })),
  });
  const architecture = architectureOf(model);
  const shape = { imageShape: model.imageShape, numClasses: 5 };
  const { state } = buildTrainingStep(architecture, shape, model.mapping, {
    ...{ optimizer, batchSize },
  });
  expect(state.map(({ name }) => name)).toContain("targets.weight");
});

const models = join(
  process.env["MOTIF_SHARED"] ??
    fileURLToPath(new URL("../../../../shared", import.meta.url)),
  "models",
);

describe.each([
  ["resnet20-cifar10", 40],
  ["resnet32-cifar10", 64],
  ["mobilenet-v1-025-imagenet", 56],
])("%s from elsewhere", (name, count) => {
  const path = join(models, `${name}.onnx`);
  const isThere = existsSync(path);

  it.skipIf(!isThere)(
    `is trained in ${count} weights, and a step lowers the loss${isThere ? "" : ` [absent: ${path}; MOTIF_SHARED names the folder]`}`,
    async () => {
      const model = await openClassifier(path);
      const { imageShape, numClasses, mapping } = model;
      const architecture = architectureOf(model);
      const shape = { imageShape, numClasses };
      const outline = outlineOf(architecture, shape);
      expect(outline.parameters).toHaveLength(count);
      const { graph, state } = buildTrainingStep(architecture, shape, mapping, {
        ...{ optimizer, batchSize },
      });
      const random = randomFrom("a model from elsewhere");
      const targets = new Float32Array(batchSize * numClasses);
      for (let i = 0; i < batchSize; i++) targets[i * numClasses + i] = 1;
      const images = Float32Array.from(
        { length: batchSize * imageShape[0] * imageShape[1] * imageShape[2] },
        () => random.next(),
      );
      const executable = await onnxruntimeBackend({ threads: 1 }).compile(
        graph,
      );
      const run = (tensors: Readonly<Record<string, TensorData>>) =>
        executable.run({
          ...{ images, targets, learning_rate: Float32Array.of(1e-5) },
          ...tensors,
        });
      const [before, , ...updated] = await run(
        feedsOf(startState(outline, optimizer, 0).tensors),
      );
      const [after] = await run(
        Object.fromEntries(
          state.map((tensor, at) => [tensor.name, updated[at].data]),
        ),
      );
      await executable.dispose();
      expect(after.data[0]).toBeLessThan(before.data[0]);
    },
  );
});
