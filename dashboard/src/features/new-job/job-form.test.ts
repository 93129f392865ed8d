import { expect, test } from "vitest";
import {
  fieldIn,
  firstForm,
  problemsOf,
  repeatedForm,
  requestOf,
  type SearchDefaults,
} from "./job-form.ts";

const preset = {
  ...{ canvasSource: "free", canvases: 2, seeds: 1, steps: 500 },
  ...{ batchSize: 4, alpha: 0.1, stepSize: 0.5 },
};
const defaults = {
  presets: { default: preset, official: { ...preset, steps: 9_000 } },
  bounds: {
    steps: { smallest: 1, largest: 1_000_000 },
    alpha: { smallest: 0, largest: 10 },
  },
  evaluateImages: 1_000,
  threshold: 0.9,
} as unknown as SearchDefaults;
const form = firstForm(defaults, { model: "net", dataset: "images" });

test("the method's defaults make a request as they are", () => {
  expect(problemsOf(form, defaults)).toEqual({});
  const { name, ...request } = requestOf(form);
  expect(name).toBeUndefined();
  expect(request).toEqual({
    ...{ kind: "search", model: "net", dataset: "images", classes: "all" },
    ...{ preset: "default", ...preset, evaluateImages: 1_000 },
    ...{ threshold: 0.9, seed: 0, backend: "auto", weight: 1 },
  });
});

test("what is wrong is said beside its field, an empty number as well", () => {
  const wrong = {
    ...firstForm(defaults, {}),
    ...({ classes: "0,,3", steps: "", alpha: 11, threshold: 1.1 } as const),
    ...{ seed: -1, weight: 0, evaluateImages: 0 },
  };
  expect(Object.keys(problemsOf(wrong, defaults)).sort()).toEqual([
    ...["alpha", "classes", "dataset", "evaluateImages", "model", "seed"],
    ...["steps", "threshold", "weight"],
  ]);
  for (const classes of ["all", "7", "0, 3-5"])
    expect(problemsOf({ ...form, classes }, defaults)).toEqual({});
  expect(requestOf({ ...form, classes: "0, 3-5" }).classes).toBe("0,3-5");
});

test("a search is repeated with its settings, and nothing else of its parameters", () => {
  const again = repeatedForm(form, {
    classes: "1-2",
    settings: { steps: 77, canvasSource: "noise", initialMask: 3 },
    searches: 4,
    canvasIndex: null,
  });
  expect(again).toEqual({
    ...form,
    ...{ classes: "1-2", steps: 77, canvasSource: "noise" },
  });
});

test("a refusal in words finds its field", () => {
  expect(fieldIn("classes: 77; the model has 10")).toBe("classes");
  expect(fieldIn("There is no model x.")).toBe("model");
  expect(fieldIn("canvasIndex: 5")).toBeNull();
});
