/** A poisoned training and the evaluation of what came of it, by the files that one leaves to the other. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { onnxruntimeBackend } from "../engine/index.ts";
import { writeColumnDataset } from "../training/check-dataset.ts";
import type { PoisonSettings } from "../training/poison.ts";
import { evaluateLocally } from "./evaluate-locally.ts";
import { trainLocally } from "./train-locally.ts";

const backend = onnxruntimeBackend({ threads: 1 });
const { signal } = new AbortController();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-poisoned-"));
  await writeColumnDataset(folder, "train", 480, 1);
  await writeColumnDataset(folder, "t10k", 150, 2);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const train = (name: string, poison: PoisonSettings) =>
  trainLocally(
    {
      datasetPath: folder,
      split: "train",
      testSplit: "test",
      recipe: {
        architecture: "small-cnn",
        settings: {
          optimizer: { name: "sgd", momentum: 0.9, weightDecay: 5e-4 },
          epochs: 12,
          batchSize: 16,
          learningRate: 0.05,
          schedule: "one-cycle",
          seed: 0,
        },
        adversary: null,
        augmentation: { hasFlip: false, shift: 0 },
        labelSmoothing: 0,
        poison,
      },
      outPath: join(folder, `${name}.onnx`),
      name,
      command: "motif train",
      backend,
    },
    { signal, now: () => 0 },
  );

const patch = {
  kind: "patch",
  size: 2,
  place: "top-left",
  inset: 1,
  pattern: "checker",
} as const;

it.each<[string, PoisonSettings, object, number]>([
  [
    "warp",
    {
      labelling: "all-to-one",
      targetClass: 1,
      poisonRate: 0.4,
      crossRate: 0.1,
      trigger: { kind: "warp", grid: 4, strength: 4, seed: 0 },
    },
    { targetClass: 1 },
    100,
  ],
  [
    "all-to-all",
    { labelling: "all-to-all", poisonRate: 0.3, trigger: patch },
    {
      trigger: { description: expect.stringContaining("all-to-all") as string },
    },
    150,
  ],
  [
    "clean-label",
    {
      labelling: "clean-label",
      targetClass: 2,
      poisonRate: 0.8,
      trigger: { kind: "sinusoid", amplitude: 0.5, frequency: 2 },
    },
    { targetClass: 2 },
    100,
  ],
])(
  "%s: the backdoor works, its manifest tells it, and an evaluation measures the same",
  async (name, poison, groundTruth, counted) => {
    const { cleanAccuracy, attackSuccessRate, manifestPath, modelPath } =
      await train(name, poison);
    expect(cleanAccuracy.share).toBeGreaterThan(0.95);
    expect(attackSuccessRate!.n).toBe(counted);
    expect(attackSuccessRate!.share).toBeGreaterThan(0.9);

    const manifest = JSON.parse(await readFile(manifestPath, "utf8")) as {
      groundTruth: object;
      training: object;
    };
    expect(manifest.groundTruth).toMatchObject({
      status: "poisoned",
      attackSuccessRate: attackSuccessRate!.share,
      ...groundTruth,
    });
    expect("targetClass" in manifest.groundTruth).toBe(
      "targetClass" in groundTruth,
    );
    expect(manifest.training).toMatchObject({
      poison,
      ...(poison.crossRate && { noisedImages: 480 * poison.crossRate }),
    });

    const evaluated = await evaluateLocally(
      { modelPath, datasetPath: folder, attack: null, seed: 0, backend },
      { signal },
    );
    expect(evaluated.attackSuccessRate).toEqual(attackSuccessRate);
    expect(evaluated.clean.accuracy.share).toBe(cleanAccuracy.share);
  },
);
