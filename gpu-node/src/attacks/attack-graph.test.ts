import { describe, expect, it } from "vitest";
import { onnxruntimeBackend, referenceBackend } from "../engine/index.ts";
import { buildAttackGraph, compileAttackGraph } from "./attack-graph.ts";
import {
  imageSize,
  randomClassifier,
  randomImages,
} from "./check-classifier.ts";

const losses = ["cross-entropy", "dlr", "targeted-dlr"] as const;
const labels = [0, 2, 1];
const targets = [1, 1, 0];

const oneHot = (classes: readonly number[], numClasses: number) =>
  Float64Array.from({ length: classes.length * numClasses }, (_, i) =>
    Number(classes[Math.floor(i / numClasses)] === i % numClasses),
  );

/** The losses as the papers write them, from sorted logits. */
function expectedLoss(
  loss: (typeof losses)[number],
  logits: readonly number[],
  label: number,
  target: number,
): number {
  const sorted = logits.toSorted((a, b) => b - a);
  const nearest = Math.max(...logits.filter((_, each) => each !== label));
  if (loss === "cross-entropy")
    return (
      Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) -
      logits[label]
    );
  if (loss === "dlr")
    return (nearest - logits[label]) / (sorted[0] - sorted[2]);
  const fourth = sorted[3] ?? sorted[2];
  return (
    (logits[target] - logits[label]) / (sorted[0] - (sorted[2] + fourth) / 2)
  );
}

describe.each(losses)("the graph of %s", (loss) => {
  describe.each([3, 5])("of %d classes", (numClasses) => {
    const classifier = randomClassifier(numClasses);
    const feeds = {
      images: Float64Array.from(randomImages(3).flatMap((image) => [...image])),
      labels: oneHot(labels, numClasses),
      ...(loss === "targeted-dlr" && { targets: oneHot(targets, numClasses) }),
    };

    it("gives the paper's loss and a gradient that agrees with central differences", async () => {
      const graph = buildAttackGraph(classifier, 3, loss);
      const executable = await referenceBackend("float64").compile(graph);
      const [values, logits, gradient] = await executable.run(feeds);
      for (let image = 0; image < 3; image++) {
        const row = [
          ...logits.data.slice(image * numClasses, (image + 1) * numClasses),
        ];
        expect(values.data[image]).toBeCloseTo(
          expectedLoss(loss, row, labels[image], targets[image]),
          9,
        );
      }
      const largest = Math.max(...[...gradient.data].map(Math.abs));
      for (const at of [0, 7, 20, 41, 66, 107]) {
        const kept = feeds.images[at];
        const sumAt = async (value: number) => {
          feeds.images[at] = value;
          const [{ data }] = await executable.run(feeds);
          feeds.images[at] = kept;
          return data[0] + data[1] + data[2];
        };
        const difference =
          ((await sumAt(kept + 1e-6)) - (await sumAt(kept - 1e-6))) / 2e-6;
        expect(
          Math.abs(difference - gradient.data[at]) / largest,
          `pixel ${at}`,
        ).toBeLessThan(1e-6);
      }
    });

    it("answers a few questions of a larger batch as ONNX Runtime and the reference agree", async () => {
      const questions = randomImages(3).map((point, image) => ({
        point,
        label: labels[image],
        target: targets[image],
      }));
      const answersOf = async (
        backend: Parameters<typeof compileAttackGraph>[1],
      ) => {
        const model = await compileAttackGraph(classifier, backend, 4, loss);
        const answers = await model.ask(questions);
        await model.dispose();
        return answers;
      };
      const fast = await answersOf(onnxruntimeBackend({ threads: 1 }));
      const exact = await answersOf(referenceBackend());
      expect(fast).toHaveLength(3);
      fast.forEach(({ loss: value, logits, gradient }, image) => {
        expect(value).toBeCloseTo(exact[image].loss, 4);
        expect(logits).toHaveLength(numClasses);
        expect(gradient).toHaveLength(imageSize);
        const largest = Math.max(...exact[image].gradient.map(Math.abs));
        const worst = Math.max(
          ...gradient.map((each, i) =>
            Math.abs(each - exact[image].gradient[i]),
          ),
        );
        // Where an image's loss is at its end (the label is third of three), its gradient is zero.
        expect(worst).toBeLessThan(1e-4 * largest + 1e-6);
      });
    });
  });
});

it("of two classes the difference of logits is all that DLR has", async () => {
  const classifier = randomClassifier(2);
  const images = Float64Array.from(
    randomImages(3).flatMap((image) => [...image]),
  );
  const feeds = { images, labels: oneHot([0, 1, 0], 2) };
  const graph = buildAttackGraph(classifier, 3, "dlr");
  const executable = await referenceBackend("float64").compile(graph);
  const [values, { data }] = await executable.run(feeds);
  expect(values.data[0]).toBeCloseTo(data[1] - data[0], 9);
  expect(values.data[1]).toBeCloseTo(data[2] - data[3], 9);
});

it("a gradient that is not a number is an error, not an image that withstands", async () => {
  const classifier = randomClassifier(3);
  const broken = {
    ...classifier,
    addLogits: ((g, images) => {
      const logits = classifier.addLogits(g, images);
      // 0·√(0·logit): the value is zero, the slope of the root is not finite.
      const zero = g.add("Mul", [logits, g.scalar(0)], {});
      return g.add("Add", [logits, g.add("Sqrt", [zero], {})], {});
    }) as typeof classifier.addLogits,
  };
  const model = await compileAttackGraph(
    broken,
    referenceBackend(),
    1,
    "cross-entropy",
  );
  const [point] = randomImages(1);
  await expect(model.ask([{ point, label: 0 }])).rejects.toThrow(
    /gradient of its cross-entropy is not a number/,
  );
});
