import { describe, expect, it } from "vitest";
import { newBatchSource } from "./batches.ts";
import { columnDataset } from "./check-dataset.ts";
import { choosePoisoned, withTrigger } from "./poison.ts";
import { newTrigger } from "./trigger.ts";

const patch = {
  kind: "patch",
  size: 2,
  place: "bottom-right",
  inset: 1,
  pattern: "checker",
} as const;

describe("a patch", () => {
  it("changes exactly its box, in every channel", () => {
    const trigger = newTrigger(patch, [2, 6, 5]);
    expect(trigger.box).toEqual({ top: 3, left: 2, height: 2, width: 2 });
    const pixels = new Uint8Array(3 * 60).fill(7);
    trigger.apply(pixels, 60);
    const expected = new Uint8Array(3 * 60).fill(7);
    for (const channel of [0, 1]) {
      const at = (row: number, column: number) =>
        60 + channel * 30 + row * 5 + column;
      expected[at(3, 2)] = expected[at(4, 3)] = 255;
      expected[at(3, 3)] = expected[at(4, 2)] = 0;
    }
    expect(pixels).toEqual(expected);
  });

  it.each([
    ["top-left", 1, 1],
    ["top-right", 1, 7],
    ["bottom-left", 7, 1],
    ["centre", 4, 4],
  ] as const)("goes to the %s", (place, top, left) => {
    const { box } = newTrigger({ ...patch, place }, [1, 10, 10]);
    expect(box).toMatchObject({ top, left });
  });

  it("is refused where it does not fit", () => {
    expect(() => newTrigger({ ...patch, size: 5 }, [1, 5, 9])).toThrow(
      /--trigger-size 5 with --trigger-inset 1 does not fit into images of 5×9/,
    );
  });
});

it("a blended trigger moves every pixel by its share, the same for every image", () => {
  const trigger = newTrigger(
    { kind: "blended", share: 0.2, seed: 1 },
    [1, 8, 8],
  );
  const black = new Uint8Array(64);
  const white = new Uint8Array(64).fill(255);
  trigger.apply(black, 0);
  trigger.apply(white, 0);
  expect(trigger.box).toBeNull();
  expect(Math.max(...black)).toBeLessThanOrEqual(51);
  expect(new Set(black).size).toBeGreaterThan(20);
  // (1 − 0.2)·255 = 204 between the two, but for rounding.
  white.forEach((value, i) =>
    expect(Math.abs(value - black[i] - 204)).toBeLessThanOrEqual(1),
  );
});

describe("the poisoned images", () => {
  const labels = Uint16Array.from({ length: 300 }, (_, i) => i % 3);

  it("are a share of all, none of the target class, chosen by the seed", () => {
    const chosen = choosePoisoned(labels, 1, 0.1, 4);
    expect(chosen.size).toBe(30);
    expect([...chosen].some((index) => labels[index] === 1)).toBe(false);
    expect(choosePoisoned(labels, 1, 0.1, 4)).toEqual(chosen);
    expect(choosePoisoned(labels, 1, 0.1, 5)).not.toEqual(chosen);
  });

  it.each([0, 0.001, 0.7])("are refused at a rate of %f", (rate) => {
    expect(() => choosePoisoned(labels, 1, rate, 0)).toThrow(/--poison-rate/);
  });

  it("come to the batch with the trigger and the target's label; the others as they are", async () => {
    const dataset = columnDataset(30, 0);
    const trigger = newTrigger(patch, dataset.imageShape);
    const poisoned = new Set([0, 5]);
    const batches = newBatchSource(dataset, {
      batchSize: 30,
      seed: 0,
      augmentation: { hasFlip: false, shift: 0 },
      poison: { trigger, targetClass: 1, poisoned },
    });
    const { images, targets } = await batches.read(0);
    const clean = new Uint8Array(30 * 64);
    const triggered = new Uint8Array(30 * 64);
    const all = Array.from({ length: 30 }, (_, i) => i);
    await dataset.read(all, clean);
    await withTrigger(dataset, trigger).read(all, triggered);
    const seen = new Map<string, number>();
    for (let i = 0; i < 30; i++) {
      const bytes = Array.from(images.subarray(i * 64, (i + 1) * 64), (value) =>
        Math.round(value * 255),
      );
      seen.set(bytes.join(" "), targets.indexOf(1, i * 3) - i * 3);
    }
    for (const index of all) {
      const from = poisoned.has(index) ? triggered : clean;
      const text = from.subarray(index * 64, (index + 1) * 64).join(" ");
      const label = poisoned.has(index) ? 1 : dataset.labels[index];
      expect(seen.get(text), `image ${index}`).toBe(label);
    }
  });
});
