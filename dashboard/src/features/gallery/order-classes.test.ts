/** Rows of a gallery: matched over models, ordered by what their patterns can do, filtered. */
import { expect, test } from "vitest";
import { filterClasses, matchClasses, orderClasses } from "./order-classes.ts";
import { noRows, placeKey, type PatternRow } from "./pattern-rows.ts";

test("classes are matched by name; those of one name stay apart", () => {
  expect(
    matchClasses([
      ["cat", "dog", "cat"],
      ["dog", "cow", "cat"],
    ]),
  ).toEqual([
    { name: "cat", indices: [0, 2] },
    { name: "dog", indices: [1, 0] },
    { name: "cat", indices: [2, undefined] },
    { name: "cow", indices: [undefined, 1] },
  ]);
});

const classes = matchClasses([["a", "b", "c", "d"]]);
const pattern = (
  targetClass: number,
  power: number,
  kStar: number | null,
  canvasIndex = 0,
): PatternRow => ({
  ...{ targetClass, canvasIndex, seed: 0, kStar },
  id: "",
  maskL1: 0,
  n: 1,
  baseRate: 0,
  power: [0, power],
  low: [0, 0],
  high: [1, 1],
});
const rows = {
  ...noRows,
  byPlace: new Map(
    [
      pattern(0, 0.2, 50),
      pattern(1, 0.1, null),
      pattern(1, 0.9, 8, 1),
      pattern(2, 0.9, null),
    ].map((one) => [placeKey(one), one]),
  ),
};
const namesBy = (sort: "class" | "power" | "kStar") =>
  orderClasses(classes, rows, 0, sort, 1)
    .map(({ name }) => name)
    .join("");

test("a class counts by the best of its patterns; equals stay as they were; without any it is last", () => {
  expect(namesBy("class")).toBe("abcd");
  expect(namesBy("power")).toBe("bcad");
  expect(namesBy("kStar")).toBe("bacd");
});

test("classes are found by a part of their name or their number", () => {
  const animals = matchClasses([["Tabby cat", "Dog", "1 duck"]]);
  const found = (text: string) =>
    filterClasses(animals, text).map(({ name }) => name);
  expect(found(" CAT ")).toEqual(["Tabby cat"]);
  expect(found("1")).toEqual(["Dog", "1 duck"]);
  expect(found("")).toHaveLength(3);
  expect(found("horse")).toEqual([]);
});
