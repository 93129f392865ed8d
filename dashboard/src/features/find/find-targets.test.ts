import { expect, test } from "vitest";
import { findTargets } from "./find-targets.ts";

const targetsOf = (...names: readonly string[]) =>
  names.map((name) => ({ name, href: `/${name}` }));
const find = (text: string, names: readonly string[]) =>
  findTargets(text, { Things: targetsOf(...names), Nothing: [] }).map(
    ({ group, found }) => [group, ...found.map(({ name }) => name)],
  );

test("all words must be in a name, in any case; names that begin with the text come first", () => {
  expect(find("  NET big ", ["a big net", "net of mine", "big"])).toEqual([
    ["Things", "a big net"],
  ]);
  expect(find("net", ["a net", "network", "fish"])).toEqual([
    ["Things", "network", "a net"],
  ]);
  expect(find("whale", ["fish"])).toEqual([]);
});

test("of thousands, a few are offered, the nearest among them", () => {
  const many = Array.from({ length: 5_000 }, (_, i) => `the model ${i}`);
  const [found] = find("model", [...many, "model of the end"]);
  expect(found).toHaveLength(8);
  expect(found?.[1]).toBe("model of the end");
});
