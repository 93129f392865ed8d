import { expect, test } from "vitest";
import type { ListedModel } from "../../api/types.ts";
import {
  filterRows,
  groupRows,
  parseSorting,
  rowsOf,
  sortingText,
} from "./model-rows.ts";
import { wilson } from "./wilson.ts";

const model = (name: string, more: Partial<ListedModel> = {}) =>
  ({
    ...{ id: name, name, dataset: "images", setting: "natural" },
    ...{ status: "READY", evidence: null, audit: null, tags: [] },
    ...{ review: { status: "unreviewed", author: null, at: null }, ...more },
  }) as ListedModel;
const rows = rowsOf([
  model("Alpha net"),
  model("beta", { dataset: null, status: "REFUSED" }),
  model("delta", { audit: { verdict: "inconclusive" } } as ListedModel),
  model("gamma", {
    ...{ setting: "poisoned", tags: ["batch-1", "vendor"] },
    review: { status: "confirmed", author: "ada", at: "2026-11-26T10:00:00Z" },
  }),
]);
const all = {
  ...{ text: "", settings: [], statuses: [], dataset: undefined },
  ...{ tags: [], reviews: [], verdicts: [] },
};
const found = (filter: object) =>
  filterRows(rows, { ...all, ...filter }).map((row) => row.model.name);

test("models are found by all words of a text, in any case, and by what they are", () => {
  expect(found({})).toHaveLength(4);
  expect(found({ text: " IMAGES  alpha" })).toEqual(["Alpha net"]);
  expect(found({ settings: ["poisoned"] })).toEqual(["gamma"]);
  expect(found({ statuses: ["REFUSED"], dataset: "images" })).toEqual([]);
  expect(found({ tags: ["vendor", "batch-1"] })).toEqual(["gamma"]);
  expect(found({ tags: ["vendor", "batch-2"] })).toEqual([]);
  expect(found({ reviews: ["confirmed", "dismissed"] })).toEqual(["gamma"]);
  expect(found({ verdicts: ["inconclusive"] })).toEqual(["delta"]);
  expect(
    found({ verdicts: ["not audited", "backdoor suspected"], text: "a" }),
  ).toEqual(["Alpha net", "beta", "gamma"]);
});

test("groups come by name with their count, and rows keep their number over all", () => {
  const entries = groupRows(rows, "dataset", (row) => row.model);
  expect(
    entries.map((entry) =>
      entry.kind === "group"
        ? `${entry.name} (${entry.count})`
        : `${entry.index} ${entry.row.model.name}`,
    ),
  ).toEqual([
    "images (3)",
    "0 Alpha net",
    "1 delta",
    "2 gamma",
    "no data set (1)",
    "3 beta",
  ]);
});

test("an order is read back from the address; unknown columns are left out", () => {
  const sorting = parseSorting("-evidence,name,nonsense", ["name", "evidence"]);
  expect(sorting).toEqual([
    { id: "evidence", desc: true },
    { id: "name", desc: false },
  ]);
  expect(sortingText(sorting)).toBe("-evidence,name");
});

test("Wilson's interval", () => {
  // 81 of 263: 0.2553…0.3662 (Newcombe 1998, Two-sided confidence intervals for the single proportion, table I, method 3).
  const [low, high] = wilson(81 / 263, 263);
  expect(low).toBeCloseTo(0.2553, 4);
  expect(high).toBeCloseTo(0.3662, 4);
  expect(wilson(0, 0)).toEqual([0, 1]);
  expect(wilson(1, 5)[1]).toBe(1);
});
