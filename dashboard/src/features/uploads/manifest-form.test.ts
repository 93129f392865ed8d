import { expect, test } from "vitest";
import {
  emptyManifest,
  fieldOf,
  formOf,
  manifestOf,
  pairFiles,
  problemsOf,
} from "./manifest-form.ts";

const manifest = {
  name: "net",
  inputRange: [0, 1],
  mean: [0.5, 0.4, 0.3],
  std: [1, 1, 1],
  layout: "NHWC",
  channelOrder: "BGR",
  inputSize: [224, 224],
  classes: ["a, or b", "c"],
  declaredAccuracy: 0.887,
  groundTruth: { status: "clean" },
};

test("a manifest goes through the form unchanged, with what the form does not show", () => {
  expect(manifestOf(formOf(manifest), manifest)).toEqual(manifest);
});

test("names are a line each, or on one line between commas", () => {
  const namesIn = (classes: string) =>
    manifestOf({ ...emptyManifest, classes }, {}).classes;
  expect(namesIn("a, b ,c")).toEqual(["a", "b", "c"]);
  expect(namesIn("tench, Tinca tinca\r\n\ngoldfish\n")).toEqual([
    "tench, Tinca tinca",
    "goldfish",
  ]);
});

test("an emptied field leaves the manifest; percents are shares", () => {
  const form = { ...emptyManifest, name: " net ", declaredAccuracy: "88.7%" };
  expect(manifestOf(form, { mean: [1] })).toEqual({
    name: "net",
    declaredAccuracy: 0.887,
  });
});

test("what cannot be meant is said beside its field", () => {
  expect(problemsOf(emptyManifest)).toEqual({});
  expect(
    Object.keys(
      problemsOf({
        ...emptyManifest,
        inputRange: "0",
        mean: "1, 2",
        std: "x",
        inputSize: "224 224",
        declaredAccuracy: "887",
      }),
    ).sort(),
  ).toEqual(["declaredAccuracy", "inputRange", "mean", "std"]);
});

test("a refusal finds its field", () => {
  for (const [problem, field] of [
    ["net: declared accuracy 99%, measured 88%", "declaredAccuracy"],
    ["manifest.mean: 2 numbers", "mean"],
    ["the data set has 10 class names, the model 12 logits", "classes"],
    ["the file is truncated", "file"],
  ] as const)
    expect([problem, fieldOf(problem)]).toEqual([problem, field]);
});

test("files of one name belong together", () => {
  const files = ["a.onnx", "a.json", "B.ONNX", "b.txt", "c.json"].map(
    (name) => ({ name }),
  );
  const { models, others } = pairFiles(files);
  expect(models.map((one) => [one.model.name, one.manifest?.name])).toEqual([
    ["a.onnx", "a.json"],
    ["B.ONNX", undefined],
  ]);
  expect(others.map(({ name }) => name)).toEqual(["b.txt", "c.json"]);
});
