import { expect, test } from "vitest";
import type { Shard } from "../../api/types.ts";
import { comparisonWords } from "./comparison-words.ts";

type Status = Shard["status"];
const shards = (
  audits: readonly Status[],
  compared: readonly Status[] = [],
) => [
  ...audits.map((status) => ({ kind: "audit", status }) as const),
  ...compared.map((status) => ({ kind: "compare-audits", status }) as const),
];
const words = (
  of: ReturnType<typeof shards>,
  status:
    "RUNNING" | "PAUSED" | "SUCCEEDED" | "FAILED" | "CANCELLED" = "RUNNING",
) => comparisonWords({ status, parameters: { isCompared: true } }, of);

test("the comparison is told of from before there is a shard until it is done", () => {
  expect(words(shards(["SUCCEEDED", "RUNNING"]))).toBe(
    "Comparing the models with each other comes once all are audited.",
  );
  expect(words(shards(["SUCCEEDED", "DEAD"]))).toBeNull();
  expect(words(shards(["SUCCEEDED", "DEAD"], ["PENDING"]), "PAUSED")).toBe(
    "Comparing the models with each other: waits.",
  );
  expect(words(shards(["SUCCEEDED"], ["RUNNING"]))).toBe(
    "Comparing the models with each other: on a node.",
  );
  expect(words(shards(["SUCCEEDED"], ["SUCCEEDED"]), "SUCCEEDED")).toBeNull();
});

test("of models that are tried again there is another; one that was given up is told", () => {
  expect(words(shards(["SUCCEEDED", "QUEUED"], ["SUCCEEDED"]))).toBe(
    "Comparing the models with each other comes once all are audited.",
  );
  expect(words(shards(["SUCCEEDED"], ["CANCELLED", "RETRY"]))).toBe(
    "Comparing the models with each other: waits to be tried again.",
  );
  expect(words(shards(["SUCCEEDED"], ["DEAD"]), "FAILED")).toMatch(
    /was given up: what stands here is said of each without the others/,
  );
  expect(words(shards(["SUCCEEDED"], ["CANCELLED"]), "CANCELLED")).toBeNull();
});

test("nothing is told of a job that compares nothing", () => {
  const of = shards(["RUNNING"]);
  expect(comparisonWords({ status: "RUNNING", parameters: {} }, of)).toBeNull();
});
