/**
 * The control plane plans what a node searches, and neither app imports the other: their presets, class lists, packs, searches,
 * paths and overlaps, and from how many models on audits are compared, are held against each other here.
 */
import { describe, expect, test } from "vitest";
import { parseClassList as parseForCluster } from "../../control-plane/src/jobs/class-list.ts";
import { pathsOf } from "../../control-plane/src/jobs/pattern-paths.ts";
import {
  choosePack as packForCluster,
  listSearches as listForCluster,
} from "../../control-plane/src/jobs/plan-shards.ts";
import {
  presets as clusterPresets,
  settingBounds,
} from "../../control-plane/src/jobs/search-settings.ts";
import { meanSeedOverlap as overlapForCluster } from "../../control-plane/src/jobs/seed-overlap.ts";
import { fewestCompared } from "../../control-plane/src/shards/shard-spec.ts";
import { fewestPeers } from "../../gpu-node/src/audit/peers.ts";
import { splitParts, type Dataset } from "../../gpu-node/src/data/index.ts";
import { parseClassList } from "../../gpu-node/src/local/class-list.ts";
import { listSearches } from "../../gpu-node/src/local/plan-searches.ts";
import { choosePack } from "../../gpu-node/src/shards/compile-search.ts";
import { meanSeedOverlap } from "../../gpu-node/src/report/overlap.ts";
import type { PatternResult } from "../../gpu-node/src/report/result.ts";
import {
  checkSettings,
  presets,
  type SearchSettings,
} from "../../gpu-node/src/search/settings.ts";

test("presets, down to the order of their fields", () => {
  expect(JSON.stringify(clusterPresets)).toBe(JSON.stringify(presets));
});

test("bounds of the settings", () => {
  const isTaken = (settings: SearchSettings) => {
    try {
      checkSettings(settings);
      return true;
    } catch {
      return false;
    }
  };
  for (const [name, [least, most]] of Object.entries(settingBounds)) {
    const withValue = (value: number) => ({
      ...presets.default,
      [name]: value,
    });
    const step = Number.isInteger(least) && most > 1 ? 1 : 1e-7;
    expect([name, isTaken(withValue(least)), isTaken(withValue(most))]).toEqual(
      [name, true, true],
    );
    expect([
      name,
      isTaken(withValue(least - step)),
      isTaken(withValue(most + step)),
    ]).toEqual([name, false, false]);
  }
});

test("lists of classes", () => {
  const outcome = (parse: (text: string, classes: number) => number[]) =>
    [
      "all",
      " all ",
      "3",
      "0,3-5",
      "5,3,3",
      "1 - 2",
      "10",
      "4-2",
      "",
      "x",
      "-1",
    ].map((text) => {
      try {
        return parse(text, 10);
      } catch {
        return "refused";
      }
    });
  expect(outcome(parseForCluster)).toEqual(outcome(parseClassList));
});

test("packs", () => {
  for (const shape of [
    [1, 28, 28],
    [3, 32, 32],
    [3, 96, 96],
    [3, 224, 224],
    [3, 600, 600],
  ] as const)
    for (const batchSize of [1, 2, 4, 7, 32, 500])
      expect(packForCluster(shape, batchSize)).toBe(
        choosePack(shape, batchSize),
      );
});

describe("searches", () => {
  const numClasses = 4;
  const labels = Uint16Array.from({ length: 90 }, (_, i) =>
    i < 60 ? 0 : i < 80 ? 1 : 2,
  );
  const dataset = { name: "d", labels } as unknown as Dataset;
  const parts = splitParts(labels, numClasses, {
    seed: 0,
    canvasPerClass: 10,
    searchShare: 0.2,
  });
  const countByClass = (indices: Int32Array) =>
    Array.from(
      { length: numClasses },
      (_, k) => indices.filter((index) => labels[index] === k).length,
    );
  const facts = {
    canvasesByClass: countByClass(parts.canvas),
    searchImagesByClass: countByClass(parts.search),
  };
  const outcome = (list: () => readonly unknown[]) => {
    try {
      return list();
    } catch {
      return "refused";
    }
  };

  for (const canvasSource of ["natural", "noise", "free"] as const)
    for (const canvasIndex of [undefined, 0, 3, 9, 10])
      for (const batchSize of [4, 10])
        for (const classes of [[0, 1, 2], [2], [3], [0, 1, 2, 3]])
          test(`${canvasSource}, canvas ${canvasIndex}, batch ${batchSize}, classes ${classes.join()}`, () => {
            const settings = {
              ...presets.default,
              canvasSource,
              batchSize,
              seeds: 2,
            };
            const here = outcome(() =>
              listForCluster(
                { settings, canvasIndex: canvasIndex ?? null, seed: 5 },
                classes,
                facts,
              ),
            );
            const there = outcome(() =>
              listSearches(
                { settings, canvasIndex, seed: 5 },
                classes,
                dataset,
                parts,
              ),
            );
            expect(here).toEqual(there);
          });
});

test("overlap between seeds", async () => {
  const pixels = 100;
  const patterns = [0, 1, 2].flatMap((targetClass) =>
    [0, 1].flatMap((canvasIndex) =>
      Array.from({ length: targetClass === 1 ? 30 : 3 }, (_, seed) => ({
        targetClass,
        canvasIndex,
        seed,
        topPixels: [0, 1, 2, 3, 4, 5, 6, 7].map(
          (i) => (i * (seed + 1) + canvasIndex + 3 * targetClass) % pixels,
        ),
      })),
    ),
  );
  const expected = meanSeedOverlap(
    patterns as unknown as PatternResult[],
    pixels,
  );
  expect(expected).toBeGreaterThan(0);
  expect(await overlapForCluster(patterns, pixels)).toBe(expected);
  const single = patterns.filter(({ seed }) => seed === 0);
  expect(await overlapForCluster(single, pixels)).toBeNull();
});

test("paths of a pattern's files", () => {
  expect(pathsOf(7, 2, 11)).toEqual({
    mask: "masks/class-0007-canvas-2-seed-11.npy",
    canvas: "images/class-0007-canvas-2-seed-11-canvas.png",
    pattern: "images/class-0007-canvas-2-seed-11-pattern.png",
    heatmap: "images/class-0007-canvas-2-seed-11-heatmap.png",
  });
});

test("models that can be compared with each other", () => {
  expect(fewestCompared).toBe(fewestPeers + 1);
});
