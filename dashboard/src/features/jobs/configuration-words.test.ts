import { expect, test } from "vitest";
import type { Job } from "../../api/types.ts";
import { commandOf, settingsOf } from "./configuration-words.ts";
import { costOf } from "./job-cost.ts";

const search = {
  kind: "search",
  model: "fashion natural",
  dataset: "it's",
  weight: 2,
  createdBy: "local",
  done: 0.5,
  shards: {
    total: 4,
    succeeded: 1,
    dead: 0,
    cancelled: 1,
    running: 0,
    pending: 2,
  },
  parameters: {
    classes: "all",
    searches: 20,
    settings: {
      preset: "default",
      steps: 300,
      batchSize: 4,
      alpha: 0.2,
      stepSize: 0.02,
      initialMask: 0.5,
      canvasStepSize: 0.04,
      canvasSource: "natural",
      canvases: 2,
      seeds: 3,
    },
    canvasIndex: null,
    seed: 7,
    pack: 8,
    evaluateImages: 1000,
    threshold: 0.9,
    backend: "auto",
    classesShortOfCanvases: 0,
  },
} as unknown as Job;

const noop = {
  ...search,
  kind: "noop",
  parameters: { waitMs: 500 },
} as unknown as Job;

test("every parameter of a search has a name", () => {
  const settings = new Map(
    settingsOf(search).map(({ name, value }) => [name, value]),
  );
  expect(settings.get("Seeds")).toBe("7 to 9");
  expect(settings.get("Threshold of k*")).toBe("90%");
  expect(settings.has("Step size, canvas")).toBe(false);
});

test("other kinds show what they have", () => {
  expect(settingsOf(noop)).toEqual([{ name: "Wait ms", value: "500" }]);
  expect(commandOf(noop)).toBeNull();
});

test("the command can be pasted into a shell", () => {
  expect(commandOf(search)).toContain("--model 'fashion natural'");
  expect(commandOf(search)).toContain(`--dataset 'it'\\''s'`);
});

test("a search costs image gradients: searches × steps × batch; what was cancelled cost nothing", () => {
  expect(costOf(search)).toEqual({ planned: 24_000, done: 6_000 });
  expect(costOf(noop)).toBeNull();
});

test("what an evaluation left open is told in words", () => {
  const attack = {
    ...{ attack: "ensemble", norm: "linf", pgdSteps: 20 },
    ...{ apgdSteps: 100, apgdTargets: 9, squareQueries: 1_000 },
  };
  const parameters = {
    ...{ split: null, images: null, attack, seed: 3 },
    ...{ batchSize: null, backend: "auto" },
  };
  const settingsWith = (changes: object) =>
    new Map(
      settingsOf({
        ...search,
        kind: "evaluate",
        parameters: { ...parameters, ...changes },
      }).map(({ name, value }) => [name, value]),
    );
  const open = settingsWith({});
  expect(open.get("Split")).toBe("the first of test, val, train");
  expect(open.get("Images")).toBe("all");
  expect(open.get("Attacks")).toBe("PGD-20, APGD-CE, APGD-T, Square");
  expect(open.get("Radius")).toBe("customary, L∞");
  expect(open.get("Queries of Square")).toBe("1,000");
  const l2 = settingsWith({
    attack: { ...attack, norm: "l2", epsilon: 0.5 },
    images: 200,
  });
  expect(l2.get("Radius")).toBe("L2 ε = 0.5");
  expect(l2.get("Images")).toBe("at most 200, chosen by the seed");
  expect(l2.has("Queries of Square")).toBe(false);
  const none = settingsWith({ attack: null });
  expect(none.get("Attacks")).toBe("none");
  expect(none.has("Radius")).toBe(false);
});

test("an audit's settings in words; the baseline has fewer", () => {
  const parameters = {
    ...{ split: "test", method: "motif", isExhaustive: false, models: 3 },
    ...{ seed: 0, seeds: 2, threshold: 0.9, evaluateImages: 400 },
    backend: "auto",
  };
  const settingsWith = (changes: object) =>
    new Map(
      settingsOf({
        ...search,
        kind: "audit",
        parameters: { ...parameters, ...changes },
      }).map(({ name, value }) => [name, value]),
    );
  const short = settingsWith({});
  expect(short.get("Models")).toBe("3");
  expect(short.has("Compared with each other")).toBe(false);
  expect(
    settingsWith({ models: 6, isCompared: true }).get(
      "Compared with each other",
    ),
  ).toBe("once all are audited");
  expect(short.get("Method")).toBe("Motif’s method");
  expect(short.get("Searched at length")).toBe(
    "the classes that a short search finds strongest",
  );
  expect(short.get("Searches at length of a class")).toBe("2");
  expect(short.get("Threshold of k*")).toBe("90%");
  expect(settingsWith({ isExhaustive: true }).get("Searched at length")).toBe(
    "every class",
  );
  expect(short.has("Compared with")).toBe(false);
  expect(settingsWith({ clean: ["a", "b", "c"] }).get("Compared with")).toBe(
    "3 clean models: a, b, c",
  );
  const baseline = settingsWith({ method: "neural-cleanse", split: null });
  expect(baseline.get("Method")).toBe("Neural Cleanse");
  expect(baseline.get("Split")).toBe("the first of test, val, train");
  expect(baseline.has("Searched at length")).toBe(false);
});
