import { describe, expect, it } from "vitest";
import { pattern, result } from "./check-pattern.ts";
import { parseResult, type Result } from "./result.ts";

const full = result([pattern()], {
  cleanAccuracyImages: 1000,
  canvasSource: "noise",
  groundTruth: {
    status: "poisoned",
    targetClass: 1,
    trigger: { box: { top: 1, left: 2, height: 3, width: 4 } },
  },
});

/** `full` with one field changed, as JSON. */
function changed(change: (json: Record<string, never>) => void): string {
  const json = JSON.parse(JSON.stringify(full)) as Record<string, never>;
  change(json);
  return JSON.stringify(json);
}

describe("parseResult", () => {
  it("gives back what was written, fields beyond the contract included", () => {
    expect(parseResult(JSON.stringify(full))).toEqual(full);
    const more = { ...full, plannedSearches: 4, note: "kept" };
    expect(parseResult(JSON.stringify(more))).toEqual(more);
  });

  it("takes a result without what is optional", () => {
    const {
      canvasSource: _,
      groundTruth: __,
      cleanAccuracyImages: ___,
      ...model
    } = full.model;
    const plain: Result = { ...full, model };
    expect(parseResult(JSON.stringify(plain))).toEqual(plain);
  });

  const first = (json: Record<string, never>) => json["patterns"][0];
  it.each<[string, (json: Record<string, never>) => void, RegExp]>([
    [
      "another version",
      (j) => Object.assign(j, { schemaVersion: 2 }),
      /schemaVersion: /,
    ],
    [
      "a power above 1",
      (j) => Object.assign(first(j)["predictivePower"][0], { power: 1.5 }),
      /patterns\.0\.predictivePower\.0\.power: /,
    ],
    [
      "an empty curve",
      (j) => Object.assign(first(j), { predictivePower: [] }),
      /predictivePower: /,
    ],
    [
      "a path that climbs",
      (j) =>
        Object.assign(first(j)["images"], {
          canvas: "images/../../secret.png",
        }),
      /images\.canvas: must be a relative path/,
    ],
    [
      "an absolute path",
      (j) => Object.assign(first(j), { mask: "/etc/passwd" }),
      /mask: must be a relative path/,
    ],
    [
      "an address as path",
      (j) =>
        Object.assign(first(j)["images"], { pattern: "javascript:alert(1)" }),
      /images\.pattern: must be a relative path/,
    ],
    [
      "a class too many",
      (j) => Object.assign(first(j), { targetClass: 3 }),
      /patterns\.0\.targetClass is 3/,
    ],
    [
      "a source that is no class",
      (j) => Object.assign(first(j)["sourceToTarget"][0], { sourceClass: 9 }),
      /sourceToTarget names class 9/,
    ],
    [
      "a pixel outside",
      (j) => Object.assign(first(j), { topPixels: [1000] }),
      /topPixels names pixel 1000 of 1000/,
    ],
    [
      "a name missing",
      (j) => Object.assign(j["dataset"], { classes: ["cat"] }),
      /dataset\.classes has 1 names for a model of 3 classes/,
    ],
    [
      "a target that is no class",
      (j) => Object.assign(j["model"]["groundTruth"], { targetClass: 3 }),
      /groundTruth\.targetClass is 3/,
    ],
    [
      "a short checksum",
      (j) => Object.assign(j["model"], { sha256: "abc" }),
      /model\.sha256: must be 64 hexadecimal digits/,
    ],
  ])("refuses %s, naming file and field", (_, change, words) => {
    const text = changed(change);
    expect(() => parseResult(text, "x/result.json")).toThrow(words);
    expect(() => parseResult(text, "x/result.json")).toThrow(
      /^x\/result\.json: /,
    );
  });

  it("refuses what is not JSON", () => {
    expect(() => parseResult("{", "x.json")).toThrow(/x\.json: it is not JSON/);
    expect(() => parseResult("null", "x.json")).toThrow(/the document: /);
  });
});
