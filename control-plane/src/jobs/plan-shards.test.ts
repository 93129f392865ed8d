import { Pattern } from "@motif/proto";
import { describe, expect, test } from "vitest";
import type { SearchIdentity } from "../shards/shard-spec.ts";
import {
  choosePack,
  listSearches,
  planShards,
  type CheckedFacts,
  type PlanRequest,
} from "./plan-shards.ts";
import { chooseSettings, type SettingChoices } from "./search-settings.ts";

const facts = (changes: Partial<CheckedFacts> = {}): CheckedFacts => {
  const numClasses = changes.numClasses ?? 10;
  return {
    inputShape: [3, 32, 32],
    numClasses,
    canvasesByClass: Array.from({ length: numClasses }, () => 10),
    searchImagesByClass: Array.from({ length: numClasses }, () => 200),
    evaluateImages: 7_900,
    imagesPerSecond: 10_000,
    ...changes,
  };
};

const asking = (
  settings: SettingChoices = {},
  changes: Partial<PlanRequest> = {},
): PlanRequest => ({
  classes: "all",
  settings: chooseSettings(settings),
  canvasIndex: null,
  seed: 0,
  pack: null,
  evaluateImages: 1_000,
  ...changes,
});

const keyOf = ({ targetClass, canvasIndex, seed }: SearchIdentity) =>
  `${targetClass}/${canvasIndex}/${seed}`;

describe("shards", () => {
  const requests: readonly [string, PlanRequest, CheckedFacts][] = [
    ["default", asking(), facts()],
    ["official", asking({ preset: "official", seeds: 3 }), facts()],
    ["one search", asking({ canvases: 1 }, { classes: "3" }), facts()],
    ["slow", asking({}, { pack: 3 }), facts({ imagesPerSecond: 50 })],
    ["fast", asking({ steps: 5 }), facts({ imagesPerSecond: 1e6 })],
    [
      "uneven",
      asking(),
      facts({ canvasesByClass: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }),
    ],
    ["not measured", asking(), facts({ imagesPerSecond: 0 })],
  ];

  test.each(requests)(
    "%s: every search is in one shard, in whole packs but for the last",
    (_, request, known) => {
      const { shards, pack, searchCount } = planShards(request, known);
      const planned = shards.flat().map(keyOf);
      const classes = request.classes === "all" ? known.numClasses : 1;
      const listed = listSearches(
        request,
        classes === 1 ? [3] : [...Array(classes).keys()],
        known,
      ).map(keyOf);
      expect(planned.toSorted()).toEqual(listed.toSorted());
      expect(searchCount).toBe(listed.length);
      for (const shard of shards.slice(0, -1))
        expect(shard.length % pack).toBe(0);
      const sizes = new Set(shards.slice(0, -1).map(({ length }) => length));
      expect(sizes.size).toBeLessThanOrEqual(1);
      expect(shards.at(-1)!.length).toBeGreaterThan(0);
    },
  );

  test.each([
    [1_000, [3, 224, 224]],
    [1_000, [3, 32, 32]],
    [21_841, [3, 384, 384]],
    [10, [3, 1024, 1024]],
    [2, [1, 1, 1]],
  ] as const)(
    "%i classes of images %j: no result is larger than a message, however fast the searches are",
    (numClasses, inputShape) => {
      const known = facts({ numClasses, inputShape, imagesPerSecond: 1e9 });
      const plan = planShards(
        asking({ steps: 1, batchSize: 1, canvases: 1, seeds: 3 }),
        known,
      );
      const [, height, width] = inputShape;
      const pixels = height * width;
      const artifact = { sha256: "f".repeat(64), bytes: 1e9 };
      const pattern = Pattern.encode({
        identity: { targetClass: numClasses, canvasIndex: 99, seed: 2 ** 31 },
        ...{ steps: 1e6, imageGradients: 1e9, maskL1: 0.5, kStar: pixels },
        mask: artifact,
        canvas: artifact,
        pattern: artifact,
        heatmap: artifact,
        topPixels: Array<number>(Math.round(0.1 * pixels)).fill(pixels - 1),
        predictivePower: Array.from({ length: 6 }, () => ({
          ...{ k: pixels, fraction: 0.1, power: 0.5, baseRate: 0.5 },
          ...{ n: 1e6, wilsonLow: 0.4, wilsonHigh: 0.6 },
        })),
        sourceToTarget: Array.from(
          { length: numClasses },
          (_, sourceClass) => ({
            ...{ sourceClass, power: 0.5, n: 2_000 },
          }),
        ),
        wallMs: 1.5,
      }).finish().length;
      const largest = Math.max(...plan.shards.map(({ length }) => length));
      expect(largest * (pattern + 8)).toBeLessThan(4 * 2 ** 20 - 16 * 2 ** 10);
      expect(plan.shards.flat()).toHaveLength(plan.searchCount);
    },
  );

  test("says of how many classes there are fewer canvases than were asked for", () => {
    const uneven = facts({ canvasesByClass: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] });
    const shortOf = (
      settings: SettingChoices,
      changes: Partial<PlanRequest> = {},
    ) => planShards(asking(settings, changes), uneven).classesShortOfCanvases;
    expect(shortOf({ canvases: 1 })).toBe(0);
    expect(shortOf({ canvases: 4 })).toBe(3);
    expect(shortOf({ canvases: 4 }, { classes: "1-3" })).toBe(2);
    expect(shortOf({ canvases: 4 }, { canvasIndex: 0 })).toBe(0);
    expect(shortOf({ canvases: 4, canvasSource: "noise" })).toBe(0);
  });

  test("the same request is planned the same", () => {
    expect(planShards(asking(), facts())).toEqual(
      planShards(asking(), facts()),
    );
  });

  test("a shard takes 5 to 60 s where a pack does not take longer", () => {
    for (const imagesPerSecond of [800, 2_000, 5_000, 20_000, 100_000])
      for (const steps of [20, 100, 500, 2_250])
        for (const canvases of [1, 5, 10]) {
          const request = asking({ steps, canvases });
          const known = facts({ imagesPerSecond });
          const { shards, pack } = planShards(request, known);
          const seconds = (steps * 4 * 3 + 6 * 1_000) / imagesPerSecond;
          if (pack * seconds > 40 || shards.length === 1) continue;
          for (const shard of shards.slice(0, -1)) {
            expect(shard.length * seconds).toBeGreaterThan(3.3);
            expect(shard.length * seconds).toBeLessThan(60);
          }
        }
  });

  test("a small job is spread, as far as 5 s a shard allow", () => {
    // 50 searches of 1.2 s: 60 s in all.
    const { shards } = planShards(asking(), facts());
    expect(shards.length).toBeGreaterThanOrEqual(6);
    const tiny = planShards(
      asking({ steps: 1 }, { evaluateImages: 10 }),
      facts(),
    );
    expect(tiny.shards).toHaveLength(1);
  });

  test("every class has its first canvas before any has its second", () => {
    const order = planShards(asking({ seeds: 2 }), facts()).shards.flat();
    const rounds = order.map(({ canvasIndex, seed }) => canvasIndex * 2 + seed);
    expect(rounds).toEqual(rounds.toSorted((a, b) => a - b));
    expect(order.slice(0, 10).map(({ targetClass }) => targetClass)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
  });

  test("1,000 classes and 3 canvases of an ImageNet model", () => {
    const began = performance.now();
    const { shards, pack, searchCount } = planShards(
      asking({ steps: 10, canvases: 3, batchSize: 4 }, { evaluateImages: 50 }),
      facts({
        inputShape: [3, 224, 224],
        numClasses: 1_000,
        imagesPerSecond: 60,
      }),
    );
    expect(performance.now() - began).toBeLessThan(500);
    expect([pack, searchCount]).toEqual([1, 3_000]);
    expect(shards.flat()).toHaveLength(3_000);
  });
});

describe("what cannot be planned", () => {
  const refusal = (request: PlanRequest, known = facts()) => {
    try {
      planShards(request, known);
      return null;
    } catch (error) {
      return error;
    }
  };

  test.each([
    [
      "classes beyond the model",
      asking({}, { classes: "8-11" }),
      facts(),
      /0 to 9/,
    ],
    [
      "classes that are none",
      asking({}, { classes: "cats" }),
      facts(),
      /"cats" is no class/,
    ],
    [
      "a canvas beyond the class's",
      asking({}, { canvasIndex: 10 }),
      facts(),
      /canvases 0 to 9/,
    ],
    [
      "a class without canvases",
      asking(),
      facts({ canvasesByClass: [10, 0, 10, 10, 10, 10, 10, 10, 10, 10] }),
      /class 1 has no image/,
    ],
    [
      "too few images for a batch",
      asking({ batchSize: 32 }),
      facts({ searchImagesByClass: [50, 1, 1, 1, 1, 1, 1, 1, 1, 1] }),
      /only 9 images are left to search class 0/,
    ],
    [
      "more searches than anybody looks at",
      asking({ canvasSource: "noise", canvases: 10_000, seeds: 10_000 }),
      facts(),
      /more than 1000000 searches/,
    ],
  ])("%s", (_, request, known, message) => {
    expect(refusal(request, known)).toMatchObject({
      code: "invalid",
      message: expect.stringMatching(message) as string,
    });
  });

  test("made canvases need no images of the class", () => {
    const known = facts({ canvasesByClass: Array<number>(10).fill(0) });
    expect(refusal(asking({ canvasSource: "noise" }), known)).toBeNull();
  });
});

test("a pack holds as many images as memory has room for, and never none", () => {
  expect(choosePack([1, 28, 28], 4)).toBe(8);
  expect(choosePack([3, 32, 32], 4)).toBe(8);
  expect(choosePack([3, 32, 32], 8)).toBe(4);
  expect(choosePack([3, 224, 224], 4)).toBe(1);
});
