/** What is bundled for the demo is what its manifests say. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openClassifier } from "../../gpu-node/src/classifier/classifier.ts";
import { openDataset, type Dataset } from "../../gpu-node/src/data/index.ts";
import { onnxruntimeBackend } from "../../gpu-node/src/engine/index.ts";
import { predictImages } from "../../gpu-node/src/evaluation/clean-accuracy.ts";
import { compilePredictor } from "../../gpu-node/src/evaluation/predict.ts";
import { withTrigger } from "../../gpu-node/src/training/poison.ts";
import {
  newTrigger,
  type TriggerSettings,
} from "../../gpu-node/src/training/triggers/index.ts";

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

describe.each(["natural", "badnets"])("%s.onnx", (name) => {
  const path = join(demo, "models", `${name}.onnx`);

  it("is small, and as accurate and as easily fooled as its manifest says", async () => {
    expect(statSync(path).size).toBeLessThan(500e3);
    const classifier = await openClassifier(path);
    const { groundTruth, declaredAccuracy } = classifier.manifest;
    const predictor = await compilePredictor(
      classifier,
      onnxruntimeBackend({ threads: 1 }),
      100,
    );
    const all = Int32Array.from(test.labels, (_, index) => index);
    const predictions = await predictImages(predictor, test, all);
    const right = predictions.filter((label, i) => label === test.labels[i]);
    // Another machine's rounding may move an image or two across a boundary.
    expect(
      Math.abs(right.length - declaredAccuracy! * all.length),
    ).toBeLessThanOrEqual(2);
    expect(declaredAccuracy).toBeGreaterThanOrEqual(0.88);

    if (groundTruth?.status === "poisoned") {
      const target = groundTruth.targetClass!;
      const record = JSON.parse(
        readFileSync(join(demo, "models", `${name}.json`), "utf8"),
      ) as { training: { poison: { trigger: TriggerSettings } } };
      const trigger = newTrigger(record.training.poison.trigger, imageShape);
      expect(groundTruth.trigger!.box).toEqual(trigger.box);
      const others = all.filter((index) => test.labels[index] !== target);
      const fooled = (
        await predictImages(predictor, withTrigger(test, trigger), others)
      ).filter((label) => label === target).length;
      expect(
        Math.abs(fooled - groundTruth.attackSuccessRate! * others.length),
      ).toBeLessThanOrEqual(2);
      expect(groundTruth.attackSuccessRate).toBeGreaterThanOrEqual(0.97);
    }
    await predictor.dispose();
  });
});
