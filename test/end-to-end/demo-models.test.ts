/** What is bundled for the demo is what its manifests say. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openClassifier } from "../../gpu-node/src/classifier/classifier.ts";
import { openDataset, type Dataset } from "../../gpu-node/src/data/index.ts";
import { onnxruntimeBackend } from "../../gpu-node/src/engine/index.ts";
import {
  evaluateModel,
  sampleIndices,
} from "../../gpu-node/src/evaluation/evaluate-model.ts";
import type { MeasuredShare } from "../../gpu-node/src/evaluation/measured-share.ts";
import { rebuildBackdoor } from "../../gpu-node/src/training/manifest-poison.ts";
import { withTrigger } from "../../gpu-node/src/training/poison.ts";

const demo = fileURLToPath(new URL("../../infra/demo", import.meta.url));
const imageShape = [1, 28, 28] as const;
let test: Dataset;
beforeAll(async () => {
  test = await openDataset(join(demo, "data"), { imageShape, split: "test" });
});
afterAll(() => test.close());

it("the data set is at most 6 MB and balanced", () => {
  const sizes = readdirSync(join(demo, "data")).map(
    (name) => statSync(join(demo, "data", name)).size,
  );
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(6e6);
  const counts = new Array<number>(10).fill(0);
  for (const label of test.labels) counts[label]++;
  expect(counts).toEqual(new Array(10).fill(200));
});

const openModel = (name: string) =>
  openClassifier(join(demo, "models", `${name}.onnx`));
const backend = onnxruntimeBackend({ threads: 1 });

describe.each([
  { name: "natural", leastAccuracy: 0.88, leastSuccess: null },
  { name: "badnets", leastAccuracy: 0.88, leastSuccess: 0.97 },
  { name: "blended", leastAccuracy: 0.87, leastSuccess: 0.9 },
  { name: "adversarial", leastAccuracy: 0.78, leastSuccess: null },
])("$name.onnx", ({ name, leastAccuracy, leastSuccess }) => {
  it("is small, and as accurate and as easily fooled as its manifest says", async () => {
    expect(statSync(join(demo, "models", `${name}.onnx`)).size).toBeLessThan(
      500e3,
    );
    const classifier = await openModel(name);
    const { manifest, numClasses } = classifier;
    const rebuilt = rebuildBackdoor(manifest, { imageShape, numClasses });
    const backdoor =
      "trigger" in rebuilt
        ? { ...rebuilt, triggered: withTrigger(test, rebuilt.trigger) }
        : null;
    const { clean, attackSuccessRate } = await evaluateModel(
      {
        classifier,
        dataset: test,
        indices: Int32Array.from(test.labels, (_, index) => index),
        classNames: manifest.classes!,
        backdoor,
      },
      backend,
      { batchSize: 100, robustness: null },
    );
    const { declaredAccuracy, groundTruth } = manifest;
    expectNearly(clean.accuracy, declaredAccuracy!);
    expect(declaredAccuracy).toBeGreaterThanOrEqual(leastAccuracy);
    expect(groundTruth?.status).toBe(
      leastSuccess === null ? "clean" : "poisoned",
    );
    if (leastSuccess !== null) {
      expect(backdoor).not.toBeNull();
      expect(groundTruth!.trigger!.box ?? null).toEqual(backdoor!.trigger.box);
      expectNearly(attackSuccessRate!, groundTruth!.attackSuccessRate!);
      expect(groundTruth!.attackSuccessRate).toBeGreaterThanOrEqual(
        leastSuccess,
      );
    }
  });
});

/** Another machine's rounding may move an image or two across a boundary. */
function expectNearly({ share, n }: MeasuredShare, stated: number): void {
  expect(Math.abs(share - stated) * n).toBeLessThanOrEqual(2.001);
}

it("what was trained against an adversary stands one that fells what was not", async () => {
  const robustAccuracyOf = async (name: string) => {
    const classifier = await openModel(name);
    const { robustness } = await evaluateModel(
      {
        classifier,
        dataset: test,
        indices: sampleIndices(test.labels.length, 200, 0),
        classNames: classifier.manifest.classes!,
        backdoor: null,
      },
      backend,
      {
        batchSize: 100,
        robustness: {
          ...{ attack: "pgd", norm: "linf", epsilon: 0.1, stepSize: 0.02 },
          ...{ pgdSteps: 20, apgdSteps: 1, apgdTargets: 1, squareQueries: 1 },
          seed: 0,
        },
      },
    );
    return robustness!.robustAccuracy.share;
  };
  expect(await robustAccuracyOf("adversarial")).toBeGreaterThan(
    (await robustAccuracyOf("natural")) + 0.5,
  );
});
