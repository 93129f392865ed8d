import type { InspectDatasetResult, ShardResult } from "@motif/proto";
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
    let thrown: unknown;
    try {
      fromWireShardResult(inspection(changes));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(FieldViolation);
    expect(thrown).toMatchObject({ field });
  });
});
