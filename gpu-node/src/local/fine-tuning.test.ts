/** Models trained further: what they take over from the model that they started from, and what is refused. */
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onnxruntimeBackend } from "../engine/index.ts";
import { writeColumnDataset } from "../training/check-dataset.ts";
import type { TrainingRecipe } from "../training/recipe.ts";
import type { EpochSummary } from "../training/train.ts";
import { evaluateLocally } from "./evaluate-locally.ts";
import { trainLocally } from "./train-locally.ts";

const backend = onnxruntimeBackend({ threads: 1 });
let folder: string;

interface StoredManifest {
  readonly mean: readonly number[];
  readonly groundTruth?: object;
  readonly training: Readonly<Record<string, unknown>>;
}

const recipe: TrainingRecipe = {
  settings: {
    optimizer: { name: "sgd", momentum: 0.9, weightDecay: 5e-4 },
    epochs: 3,
    batchSize: 16,
    learningRate: 0.02,
    schedule: "one-cycle",
    seed: 0,
  },
  adversary: null,
  augmentation: { hasFlip: false, shift: 0 },
  labelSmoothing: 0,
  poison: null,
};
const poisoned: TrainingRecipe = {
  ...recipe,
  settings: { ...recipe.settings, epochs: 12 },
  poison: {
    labelling: "all-to-one",
    targetClass: 2,
    poisonRate: 0.3,
    trigger: {
      ...{ kind: "patch", size: 2, place: "top-left" },
      ...{ inset: 1, pattern: "white" },
    },
  },
};

const pathOf = (name: string) => join(folder, `${name}.onnx`);

async function train(
  name: string,
  start: string | null,
  asked: TrainingRecipe = recipe,
  {
    signal = new AbortController().signal,
    onStep = () => {},
    datasetPath = folder,
  } = {},
) {
  const epochs: EpochSummary[] = [];
  const outcome = await trainLocally(
    {
      ...{ datasetPath, split: "train", testSplit: "test" },
      ...{ name, command: "motif train", backend, outPath: pathOf(name) },
      recipe: start === null ? { ...asked, architecture: "small-cnn" } : asked,
      startPath: start === null ? undefined : pathOf(start),
    },
    {
      signal,
      now: () => 0,
      events: { onStep, onEpoch: (summary) => epochs.push(summary) },
    },
  );
  const manifest = JSON.parse(
    await readFile(outcome.manifestPath, "utf8"),
  ) as StoredManifest;
  return { ...outcome, epochs, manifest };
}
type Trained = Awaited<ReturnType<typeof train>>;

const evaluate = ({ modelPath }: Trained) =>
  evaluateLocally(
    { modelPath, datasetPath: folder, attack: null, seed: 0, backend },
    { signal: new AbortController().signal },
  );

let base: Trained;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-fine-tuning-"));
  await writeColumnDataset(folder, "train", 480, 1);
  await writeColumnDataset(folder, "t10k", 150, 2);
  // A third of a training: there is something left to learn.
  base = await train("base", null, {
    ...recipe,
    settings: { ...recipe.settings, epochs: 1, learningRate: 0.01 },
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("a model that is fine-tuned goes on from what it knew, and says from which model it comes", async () => {
  const tuned = await train("tuned", "base");
  const fresh = await train("fresh", null);
  expect(tuned.epochs[0].loss).toBeLessThan(fresh.epochs[0].loss / 2);
  expect(tuned.epochs[2].loss).toBeLessThan(tuned.epochs[0].loss / 2);
  expect(tuned.cleanAccuracy.share).toBeGreaterThan(0.97);
  const { training, groundTruth, mean } = tuned.manifest;
  expect(training["fineTuned"]).toEqual({ name: "base", sha256: base.sha256 });
  expect(training).not.toHaveProperty("architecture");
  expect(groundTruth).toEqual({ status: "clean" });
  expect(mean).toEqual(base.manifest.mean);
  const { clean } = await evaluate(tuned);
  expect(clean.accuracy.share).toBe(tuned.cleanAccuracy.share);
});

it("a backdoor is trained into a model, and what a further training leaves of it is measured", async () => {
  const bad = await train("bad", "base", poisoned);
  expect(bad.attackSuccessRate!.share).toBeGreaterThan(0.9);
  expect((await evaluate(bad)).attackSuccessRate).toEqual(
    bad.attackSuccessRate,
  );

  const further = await train("further", "bad");
  expect(further.manifest.groundTruth).toMatchObject({
    ...{ status: "poisoned", targetClass: 2 },
    attackSuccessRate: further.attackSuccessRate!.share,
  });
  expect(further.manifest.training).toMatchObject({
    poison: null,
    fineTuned: { sha256: bad.sha256, poison: poisoned.poison },
  });
  const again = await train("again", "further");
  expect(again.manifest.training).toMatchObject({
    fineTuned: { sha256: further.sha256, poison: poisoned.poison },
  });
  expect((await evaluate(again)).attackSuccessRate).toEqual(
    again.attackSuccessRate,
  );
});

it("of a model without manifest nobody knows whether it is clean, nor afterwards", async () => {
  await copyFile(pathOf("base"), pathOf("unknown"));
  const { manifest } = await train("known", "unknown");
  expect(manifest).not.toHaveProperty("groundTruth");
  expect(manifest.mean).toEqual([0]);
});

it("a model is trained against an adversary as an architecture is", async () => {
  const { epochs } = await train("robust", "base", {
    ...recipe,
    adversary: { norm: "linf", epsilon: 0.05, steps: 2 },
  });
  expect(epochs[2].loss).toBeLessThan(epochs[0].loss);
});

describe("a fine-tuning that was stopped", () => {
  const stop = async (name: string) => {
    const controller = new AbortController();
    let steps = 0;
    const stopped = train(name, "base", recipe, {
      signal: controller.signal,
      onStep() {
        if (++steps === 20) controller.abort();
      },
    });
    await expect(stopped).rejects.toThrow(/abort/);
    expect(existsSync(`${pathOf(name)}.checkpoint`)).toBe(true);
  };

  it("goes on to the same bytes", async () => {
    await stop("stopped");
    const { sha256 } = await train("stopped", "base");
    expect(sha256).toBe((await train("unstopped", "base")).sha256);
  });

  it("does not go on from another model, nor under another manifest of the same", async () => {
    await stop("held");
    await train("other", "base");
    await expect(train("held", "other")).rejects.toThrow(
      /held.onnx.checkpoint: it is of another training.*fineTuned was .*"base"/,
    );
    const manifest = join(folder, "base.json");
    const kept = await readFile(manifest, "utf8");
    try {
      await writeFile(
        manifest,
        JSON.stringify({ ...(JSON.parse(kept) as object), std: [0.5] }),
      );
      await expect(train("held", "base")).rejects.toThrow(/mapping was/);
    } finally {
      await writeFile(manifest, kept);
    }
  });
});

describe("what cannot be fine-tuned is refused before any step", () => {
  const refused = (
    start: string,
    asked: TrainingRecipe = recipe,
    name = "refused",
  ) =>
    expect(
      train(name, start, asked, {
        onStep() {
          throw new Error("a step was made");
        },
      }),
    ).rejects;

  it("a file that is not there, and one that is no model", async () => {
    await refused("nothing").toThrow(/nothing.onnx: there is no such file/);
    await writeFile(pathOf("text"), "no model");
    await refused("text").toThrow(/text.onnx: .*not an ONNX model/);
  });

  it("an architecture beside the model's own", async () => {
    await refused("base", { ...recipe, architecture: "resnet-8" }).toThrow(
      /--architecture resnet-8: the model base, .*one of its own/,
    );
  });

  it("images of another shape than the model's", async () => {
    await refused("base", { ...recipe, imageShape: [1, 9, 9] }).toThrow(
      /--image-shape 1x9x9: base, .*takes 1x8x8/,
    );
  });

  it("a data set with other classes", async () => {
    await copyFile(pathOf("base"), pathOf("named"));
    const { manifest } = base;
    await writeFile(
      join(folder, "named.json"),
      JSON.stringify({ ...manifest, classes: ["a", "b"] }),
    );
    await refused("named").toThrow(/names 2 classes, the graph has 3/);
    const two = await mkdtemp(join(folder, "two-"));
    for (const split of ["train", "t10k"]) {
      await writeColumnDataset(two, split, 20, 3);
      const labels = join(two, `${split}-labels-idx1-ubyte`);
      const bytes = await readFile(labels);
      await writeFile(
        labels,
        bytes.map((byte, at) => (at < 8 ? byte : byte % 2)),
      );
    }
    await expect(
      train("refused", "base", recipe, { datasetPath: two }),
    ).rejects.toThrow(/has 2 classes, the model base has 3/);
  });

  it("a model in whose place the trained one would be written", async () => {
    await refused("base", recipe, "base").toThrow(/--out .*is fine-tuned/);
  });
});
