import { describe, expect, it } from "vitest";
import { newBatchSource } from "./batches.ts";
import { columnDataset } from "./check-dataset.ts";
import type { Labelling } from "./labelling.ts";
import { choosePoisoned, newPoison, withTrigger } from "./poison.ts";
import { newTrigger } from "./triggers/index.ts";

const allToOne = { labelling: "all-to-one", targetClass: 1 } as const;

describe("the poisoned images", () => {
  const labels = Uint16Array.from({ length: 300 }, (_, i) => i % 3);
  const choose = (labelling: Labelling, rate: number, seed = 4) =>
    choosePoisoned(labels, labelling, rate, seed);
  const classesOf = (chosen: ReadonlySet<number>) =>
    new Set([...chosen].map((index) => labels[index]));

  it("are a share of all, none of the target class, chosen by the seed", () => {
    const chosen = choose(allToOne, 0.1);
    expect(chosen.size).toBe(30);
    expect(classesOf(chosen)).toEqual(new Set([0, 2]));
    expect(choose(allToOne, 0.1)).toEqual(chosen);
    expect(choose(allToOne, 0.1, 5)).not.toEqual(chosen);
  });

  it("are a share of all, of every class, where each class is a target", () => {
    const chosen = choose({ labelling: "all-to-all" }, 0.9);
    expect(chosen.size).toBe(270);
    expect(classesOf(chosen)).toEqual(new Set([0, 1, 2]));
  });

  it("are a share of the target's own, and no others, under a clean label", () => {
    const cleanLabel = { labelling: "clean-label", targetClass: 2 } as const;
    const chosen = choose(cleanLabel, 0.3);
    expect(chosen.size).toBe(30);
    expect(classesOf(chosen)).toEqual(new Set([2]));
    expect(choose(cleanLabel, 1).size).toBe(100);
    expect(() => choose(cleanLabel, 0.001)).toThrow(
      /--poison-rate 0.001 means 0 of 100 images of class 2; from 1 to 100 can/,
    );
  });

  it.each([0, 0.001, 0.7])("are refused at a rate of %f", (rate) => {
    expect(() => choose(allToOne, rate)).toThrow(/--poison-rate/);
  });

  it("are refused where the target has no images of its own", () => {
    expect(() =>
      choose({ labelling: "clean-label", targetClass: 3 }, 0.3),
    ).toThrow(/--target 3: no training image of class 3/);
  });
});

const warp = { kind: "warp", grid: 3, strength: 2, seed: 1 } as const;

describe("a poison", () => {
  const dataset = columnDataset(60, 0);

  it("noises other images than those that it poisons", () => {
    const { poisoned, noised } = newPoison(
      { ...allToOne, poisonRate: 0.2, crossRate: 0.4, trigger: warp },
      dataset,
      0,
    );
    expect(poisoned.size).toBe(12);
    expect(noised.size).toBe(24);
    expect([...noised].some((index) => poisoned.has(index))).toBe(false);
  });

  it("is refused where more is noised than is left, or the target is no class", () => {
    const settings = { ...allToOne, poisonRate: 0.5, trigger: warp };
    expect(() =>
      newPoison({ ...settings, crossRate: 0.6 }, dataset, 0),
    ).toThrow(/--cross-rate 0.6 means 36 of 60 images; 30 are left/);
    expect(() =>
      newPoison({ ...settings, targetClass: 3 }, dataset, 0),
    ).toThrow(/--target 3: columns has the classes 0 to 2/);
  });
});

describe("in a batch", () => {
  const count = 30;
  const dataset = columnDataset(count, 0);
  const all = Array.from({ length: count }, (_, i) => i);

  /** Images of the first batch, which holds all of them, as texts, and their labels. */
  async function firstBatch(poison: Parameters<typeof newPoison>[0]) {
    const made = newPoison(poison, dataset, 0);
    const batches = newBatchSource(dataset, {
      batchSize: count,
      seed: 0,
      augmentation: { hasFlip: false, shift: 0 },
      poison: made,
    });
    const { images, targets } = await batches.read(0);
    const seen = new Map<string, number>();
    for (let i = 0; i < count; i++) {
      const bytes = Array.from(images.subarray(i * 64, (i + 1) * 64), (value) =>
        Math.round(value * 255),
      );
      seen.set(bytes.join(" "), targets.indexOf(1, i * 3) - i * 3);
    }
    const read = async (source: typeof dataset) => {
      const pixels = new Uint8Array(count * 64);
      await source.read(all, pixels);
      return all.map((i) => pixels.subarray(i * 64, (i + 1) * 64).join(" "));
    };
    return {
      ...made,
      labelSeen: (text: string) => seen.get(text),
      clean: await read(dataset),
      triggered: await read(withTrigger(dataset, made.trigger)),
    };
  }
  const trigger = {
    kind: "patch",
    size: 2,
    place: "bottom-right",
    inset: 1,
    pattern: "checker",
  } as const;

  it.each([
    [allToOne, () => 1],
    [{ labelling: "all-to-all" }, (label: number) => [1, 2, 0][label]],
    [{ labelling: "clean-label", targetClass: 2 }, (label: number) => label],
  ] as const)(
    "under %j poisoned images have the trigger and the label that is wanted; the others are as they are",
    async (labelling, wanted) => {
      const { poisoned, labelSeen, clean, triggered } = await firstBatch({
        ...labelling,
        poisonRate: 0.2,
        trigger,
      });
      for (const index of all) {
        const isPoisoned = poisoned.has(index);
        const label = dataset.labels[index];
        expect(
          labelSeen((isPoisoned ? triggered : clean)[index]),
          `image ${index}`,
        ).toBe(isPoisoned ? wanted(label) : label);
      }
    },
  );

  it("noised images are neither as they are nor triggered, and keep their label", async () => {
    const { poisoned, noised, labelSeen, clean, triggered } = await firstBatch({
      ...allToOne,
      poisonRate: 0.2,
      crossRate: 0.3,
      trigger: warp,
    });
    for (const index of all) {
      const label = dataset.labels[index];
      expect(labelSeen(clean[index])).toBe(
        poisoned.has(index) || noised.has(index) ? undefined : label,
      );
      expect(labelSeen(triggered[index])).toBe(
        poisoned.has(index) ? 1 : undefined,
      );
    }
  });
});

it("a data set with the trigger has it on every image", async () => {
  const dataset = columnDataset(3, 0);
  const trigger = newTrigger(warp, dataset.imageShape);
  const pixels = new Uint8Array(2 * 64);
  await withTrigger(dataset, trigger).read([2, 0], pixels);
  const expected = new Uint8Array(2 * 64);
  await dataset.read([2, 0], expected);
  trigger.apply(expected, 0);
  trigger.apply(expected, 64);
  expect(pixels).toEqual(expected);
});
