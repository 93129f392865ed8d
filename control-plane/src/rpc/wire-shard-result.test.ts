import type { InspectDatasetResult, Pattern, ShardResult } from "@motif/proto";
import { describe, expect, test } from "vitest";
import { FieldViolation } from "./status.ts";
import { fromWireShardResult } from "./wire-shard-result.ts";

const sheet = (digit: string) => ({ sha256: digit.repeat(64), bytes: 5 });
const samples = {
  ...{ height: 28, width: 20, perClass: 8, classesPerSheet: 2 },
  sheets: [sheet("a"), sheet("b")],
};
const inspection = (
  changes: Partial<InspectDatasetResult> = {},
): ShardResult => ({
  kind: {
    $case: "inspectDataset",
    value: {
      ...{ refusal: "", format: "idx", digest: "d", images: 6, splits: [] },
      classNames: ["a", "b", "c"],
      imagesByClass: [1, 2, 3],
      samples,
      ...changes,
    },
  },
});

const trace = { steps: [1, 500], loss: [2.5, -1e-9], maskL1: [392, 12.5] };
const search = (changes: Partial<Pattern>): ShardResult => ({
  kind: {
    $case: "search",
    value: {
      patterns: [
        {
          identity: { targetClass: 0, canvasIndex: 0, seed: 0 },
          ...{ steps: 500, imageGradients: 2_000, maskL1: 12.5, wallMs: 4 },
          ...{ mask: sheet("a"), canvas: sheet("b") },
          ...{ pattern: sheet("c"), heatmap: sheet("d") },
          ...{ topPixels: [], predictivePower: [], sourceToTarget: [] },
          ...changes,
        },
      ],
      backend: { name: "reference", provider: "cpu", threads: 1 },
      ...{ compileMs: 0, searchMs: 0, evaluateMs: 0 },
    },
  },
});

describe("a pattern's trace", () => {
  test("is taken as it is, and may be missing", () => {
    expect(fromWireShardResult(search({ trace }))).toMatchObject({
      patterns: [{ trace }],
    });
    expect(fromWireShardResult(search({}))).toMatchObject({
      patterns: [{ trace: null }],
    });
  });

  const long = Array.from({ length: 65 }, (_, i) => i);
  test.each([
    ["lists of other lengths", { ...trace, loss: [1] }, "trace"],
    ["a loss that is no number", { ...trace, loss: [NaN, 1] }, "trace.loss[0]"],
    [
      "too many points",
      { steps: long, loss: long, maskL1: long },
      "trace.steps",
    ],
  ])("is refused with %s, and where", (_, trace, field) => {
    expect(refusedField(search({ trace }))).toBe(`patterns[0].${field}`);
  });
});

/** Which field of a result is refused. */
function refusedField(result: ShardResult): string {
  try {
    fromWireShardResult(result);
  } catch (error) {
    if (error instanceof FieldViolation) return error.field;
    throw error;
  }
  throw new Error("it was taken");
}

describe("a data set's inspection", () => {
  test("names its sheets by their digests", () => {
    expect(fromWireShardResult(inspection())).toMatchObject({
      imagesByClass: [1, 2, 3],
      samples: { ...samples, sheets: ["a".repeat(64), "b".repeat(64)] },
    });
  });

  test("by a node that neither counted nor drew says so", () => {
    const older = inspection({ imagesByClass: [], samples: undefined });
    expect(fromWireShardResult(older)).toMatchObject({
      imagesByClass: null,
      samples: null,
    });
  });

  test.each([
    ["counts of other classes", { imagesByClass: [1, 2] }, "images_by_class"],
    ["a count below zero", { imagesByClass: [1, -2, 3] }, "images_by_class[1]"],
    [
      "a sheet too few",
      { samples: { ...samples, sheets: [sheet("a")] } },
      "samples.sheets",
    ],
    [
      "samples that are no thumbnails",
      { samples: { ...samples, height: 65 } },
      "samples.height",
    ],
    [
      "sheets of no rows",
      { samples: { ...samples, classesPerSheet: 0 } },
      "samples.classes_per_sheet",
    ],
    [
      "a sheet of no digest",
      { samples: { ...samples, sheets: [sheet("a"), sheet("?")] } },
      "samples.sheets[1].sha256",
    ],
  ])("is refused with %s, and where", (_, changes, field) => {
    expect(refusedField(inspection(changes))).toBe(field);
  });
});
