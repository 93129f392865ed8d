import { expect, test } from "vitest";
import { besideWords, chosenWords, mostCleanModels } from "./clean-models.ts";

const models = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `${i}`, name: `m${i}` }));

test.each([
  [0, "Choose at least 3: fewer do not tell what is usual."],
  [1, "m0. Choose at least 2 more."],
  [2, "m0, m1. Choose at least 1 more."],
  [3, "3 chosen: m0, m1, m2."],
  [7, "7 chosen: m0, m1, m2, m3, m4 and 2 more."],
  [
    mostCleanModels,
    "m0, m1, m2, m3, m4 and 95 more. More than 100 cannot be compared with.",
  ],
])("what %i chosen models lack", (count, words) => {
  expect(chosenWords(models(count))).toBe(words);
});

test("an audit says that it was compared, and nothing where it was not", () => {
  expect(besideWords(0)).toBeNull();
  expect(besideWords(3)).toBe(
    "Classes are compared with what they need in 3 models that were named as clean.",
  );
});
