/** The attacks on a small model: they find what they are there to find, within the ball, whatever batch an image is in. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  classOf,
  compileLogits,
  type CompiledLogits,
} from "../classifier/compile-logits.ts";
import { randomFrom } from "../data/index.ts";
import { onnxruntimeBackend, referenceBackend } from "../engine/index.ts";
import { apgd, apgdTargeted, listCheckpoints } from "./apgd.ts";
import { compileAttackGraph, type AttackLoss } from "./attack-graph.ts";
import { askForScores } from "./attack-scores.ts";
import {
  attackImages,
  type AttackedModel,
  type ImageAttack,
  type Scores,
  type ScoresAndGradient,
} from "./attacked-model.ts";
import { lengthOf } from "./ball.ts";
import {
  imageShape,
  randomClassifier,
  randomImages,
} from "./check-classifier.ts";
import { pgd, type PerturbationBound } from "./pgd.ts";
import { square } from "./square.ts";

const numClasses = 5;
const classifier = randomClassifier(numClasses);
const backend = onnxruntimeBackend({ threads: 1 });
const batchSize = 8;
const linf = { norm: "linf", epsilon: 0.03 } as const;
const l2 = { norm: "l2", epsilon: 0.12 } as const;

let compiled: CompiledLogits;
let scores: AttackedModel<Scores>;
const graphs = new Map<
  AttackLoss,
  Awaited<ReturnType<typeof compileAttackGraph>>
>();
let subjects: { image: Float32Array; label: number; index: number }[];

beforeAll(async () => {
  compiled = await compileLogits(classifier, backend, batchSize);
  scores = askForScores(compiled);
  for (const loss of ["cross-entropy", "dlr", "targeted-dlr"] as const)
    graphs.set(
      loss,
      await compileAttackGraph(classifier, backend, batchSize, loss),
    );
  const images = randomImages(40);
  const predictions = await predict(images);
  subjects = images.map((image, index) => ({
    image,
    label: predictions[index],
    index,
  }));
});
afterAll(async () => {
  for (const model of [compiled, ...graphs.values()]) await model.dispose();
});

async function predict(images: readonly Float32Array[]): Promise<number[]> {
  const classes: number[] = [];
  for (let at = 0; at < images.length; at += batchSize) {
    const questions = images
      .slice(at, at + batchSize)
      .map((point) => ({ point, label: 0 }));
    const answers = await scores.ask(questions);
    classes.push(...answers.map(({ logits }) => classOf(logits)));
  }
  return classes;
}

type Subject = (typeof subjects)[number];

/** The points by subject, in order. */
async function run<Answer>(
  model: AttackedModel<Answer>,
  begin: (subject: Subject) => ImageAttack<Answer>,
  chosen = subjects,
): Promise<Float32Array[]> {
  async function* supply() {
    for (const subject of chosen) yield await Promise.resolve(subject);
  }
  const points = new Map<number, Float32Array>();
  for await (const { subject, point } of attackImages(model, supply(), begin))
    points.set(subject.index, point);
  return chosen.map(({ index }) => points.get(index)!);
}

async function countFooled(points: readonly Float32Array[]): Promise<number> {
  const predictions = await predict(points);
  return predictions.filter((each, i) => each !== subjects[i].label).length;
}

function expectWithin(
  points: readonly Float32Array[],
  { norm, epsilon }: PerturbationBound,
): void {
  points.forEach((point, i) => {
    const difference = point.map((value, p) => value - subjects[i].image[p]);
    const distance =
      norm === "linf"
        ? Math.max(...difference.map(Math.abs))
        : lengthOf(difference);
    expect(distance).toBeLessThanOrEqual(epsilon + 1e-6);
    expect(Math.min(...point)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...point)).toBeLessThanOrEqual(1);
  });
}

const randomOf = (name: string, { index }: Subject) => randomFrom(name, index);

describe.each([linf, l2])("within $norm of $epsilon", (bound) => {
  const byPgd = (subject: Subject) =>
    pgd(
      subject.image,
      {
        ...bound,
        stepSize: bound.epsilon / 4,
        steps: 20,
        hasRandomStart: true,
      },
      randomOf("pgd", subject),
    );
  const byApgd = (subject: Subject) =>
    apgd(
      subject.image,
      subject.label,
      { ...bound, steps: 40 },
      randomOf("apgd", subject),
    );
  const byTarget = (subject: Subject) =>
    apgdTargeted(
      subject.image,
      subject.label,
      { ...bound, steps: 40, targets: 4 },
      randomOf("apgd-t", subject),
    );

  it("APGD fools at least as many images as PGD, and both fool some and not all", async () => {
    const pgdPoints = await run(graphs.get("cross-entropy")!, byPgd);
    const apgdPoints = await run(graphs.get("cross-entropy")!, byApgd);
    const targetedPoints = await run(graphs.get("targeted-dlr")!, byTarget);
    for (const points of [pgdPoints, apgdPoints, targetedPoints])
      expectWithin(points, bound);
    const [pgdFooled, apgdFooled, targetedFooled] = [
      await countFooled(pgdPoints),
      await countFooled(apgdPoints),
      await countFooled(targetedPoints),
    ];
    expect(pgdFooled).toBeGreaterThan(4);
    expect(apgdFooled).toBeGreaterThanOrEqual(pgdFooled);
    expect(targetedFooled).toBeGreaterThanOrEqual(pgdFooled);
    expect(targetedFooled).toBeLessThan(subjects.length);
  });

  it("APGD's points have at least PGD's loss where the model still holds", async () => {
    const model = graphs.get("dlr")!;
    const lossOf = async (point: Float32Array, label: number) =>
      (await model.ask([{ point, label }]))[0].loss;
    const pgdPoints = await run(model, byPgd);
    const apgdPoints = await run(model, byApgd);
    const predictions = await predict(apgdPoints);
    let held = 0;
    for (const [i, { label }] of subjects.entries()) {
      if (predictions[i] !== label) continue;
      held++;
      const [atPgd, atApgd] = [
        await lossOf(pgdPoints[i], label),
        await lossOf(apgdPoints[i], label),
      ];
      expect(atApgd, `image ${i}`).toBeGreaterThan(atPgd - 0.02);
    }
    expect(held).toBeGreaterThan(0);
  });

  it("an image's result depends neither on its batch nor on when it is begun", async () => {
    const model = await compileAttackGraph(
      classifier,
      referenceBackend(),
      3,
      "cross-entropy",
    );
    const few = subjects.slice(0, 5);
    const together = await run(model, byApgd, few);
    expect(await run(model, byApgd, few)).toEqual(together);
    expect(await run(model, byApgd, few.toReversed())).toEqual(
      together.toReversed(),
    );
    expect(await run(model, byApgd, [few[3]])).toEqual([together[3]]);
  });
});

describe("Square", () => {
  const bySquare = (seed: number, queries: number) => (subject: Subject) =>
    square(
      subject.image,
      subject.label,
      imageShape,
      { epsilon: linf.epsilon, queries },
      randomFrom("square", seed, subject.index),
    );

  it("fools images without a gradient, more of them with more queries, and stays in the ball", async () => {
    const points = await run(scores, bySquare(0, 200));
    expectWithin(points, linf);
    const fooled = await countFooled(points);
    const atOnce = await countFooled(await run(scores, bySquare(0, 1)));
    expect(fooled).toBeGreaterThan(atOnce);
    expect(fooled).toBeGreaterThan(4);
  });

  it("gives the same bytes for the same seed, and other bytes for another", async () => {
    const few = subjects.slice(0, 6);
    const points = await run(scores, bySquare(1, 30), few);
    expect(await run(scores, bySquare(1, 30), few)).toEqual(points);
    expect(await run(scores, bySquare(2, 30), few)).not.toEqual(points);
  });
});

it("a model that hides its gradient behind large logits holds against PGD alone", async () => {
  const masked: typeof classifier = {
    ...classifier,
    addLogits(g, images) {
      const logits = classifier.addLogits(g, images);
      return g.add("Mul", [logits, g.scalar(1e4)], {});
    },
  };
  const attack = async (
    loss: AttackLoss,
    begin: (subject: Subject) => ImageAttack<ScoresAndGradient>,
  ) => {
    const model = await compileAttackGraph(masked, backend, batchSize, loss);
    const points = await run(model, begin);
    await model.dispose();
    // The classes are those of the model without the factor.
    return countFooled(points);
  };
  const byPgd = await attack("cross-entropy", (subject) =>
    pgd(
      subject.image,
      { ...linf, stepSize: 0.0075, steps: 20, hasRandomStart: true },
      randomOf("pgd", subject),
    ),
  );
  const byApgdT = await attack("targeted-dlr", (subject) =>
    apgdTargeted(
      subject.image,
      subject.label,
      { ...linf, steps: 20, targets: 4 },
      randomOf("apgd-t", subject),
    ),
  );
  expect(byApgdT).toBeGreaterThan(byPgd + 4);
});

it("stops between two batches when it is told to", async () => {
  const controller = new AbortController();
  async function* supply() {
    yield await Promise.resolve(subjects[0]);
  }
  const attack = attackImages(
    scores,
    supply(),
    function* ({ image }): ImageAttack<Scores> {
      yield { point: image };
      controller.abort(new Error("stopped"));
      yield { point: image };
      return image;
    },
    controller.signal,
  );
  await expect(attack.next()).rejects.toThrow("stopped");
});

it("APGD's checkpoints of 100 steps are those of the paper", () => {
  // p = 0, 0.22, 0.41, 0.57, 0.70, 0.80, 0.87, 0.93, 0.99
  expect(listCheckpoints(100)).toEqual([22, 41, 57, 70, 80, 87, 93, 99]);
  expect(listCheckpoints(1)).toEqual([1]);
});
