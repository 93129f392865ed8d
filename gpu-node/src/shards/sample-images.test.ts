import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { splitParts, type SmallPicture } from "../data/index.ts";
import { chooseSamples } from "./sample-images.ts";
import { writeSampleSheets } from "./sample-sheets.ts";
import { partOptions } from "./search-inputs.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-samples-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const named = (count: number) =>
  Array.from({ length: count }, (_, index) => `class ${index}`);
const cycling = (images: number, classes: number) =>
  Uint16Array.from({ length: images }, (_, index) => index % classes);

describe("the samples of a class", () => {
  it("are eight that patterns are evaluated on, the same each time and in no order of the file", () => {
    const labels = cycling(3000, 10);
    const chosen = chooseSamples({ labels, classes: named(10) })!;
    const { evaluate } = splitParts(labels, 10, partOptions);
    const evaluated = new Set(evaluate);
    chosen.forEach((images, index) => {
      expect(images).toHaveLength(8);
      expect(new Set(images).size).toBe(8);
      for (const image of images) {
        expect(labels[image]).toBe(index);
        expect(evaluated.has(image)).toBe(true);
      }
    });
    expect(chosen[0].toSorted()).not.toEqual(chosen[0]);
    expect(chooseSamples({ labels, classes: named(10) })).toEqual(chosen);
  });

  it("are what there is, where there are fewer; a class that is evaluated on nothing shows what it has", () => {
    // Class 1 has one image, class 2 none.
    const labels = Uint16Array.of(0, 0, 0, 0, 0, 0, 1);
    const chosen = chooseSamples({ labels, classes: named(3) })!;
    expect([...chosen[1]]).toEqual([6]);
    expect([...chosen[2]]).toEqual([]);
    expect(chosen[0].length).toBeGreaterThan(0);
  });

  it("get fewer with thousands of classes, and none beyond", () => {
    const most = (classes: number) =>
      chooseSamples({
        labels: cycling(classes, classes),
        classes: named(classes),
      });
    const total = most(10_000)!.reduce((sum, { length }) => sum + length, 0);
    expect(total).toBe(10_000);
    expect(most(20_000)).toBeNull();
  });
});

describe("sheets", () => {
  const plain = (
    [r, g, b]: readonly number[],
    height: number,
    width: number,
  ): SmallPicture => {
    const plane = height * width;
    const pixels = new Uint8Array(3 * plane).fill(r);
    pixels.fill(g, plane).fill(b, 2 * plane);
    return { height, width, pixels };
  };

  it("have a row a class and a column a sample; what is not there is transparent", async () => {
    const samples = [
      [plain([255, 0, 0], 2, 3), plain([0, 255, 0], 2, 3)],
      [plain([0, 0, 255], 1, 1)],
      [],
    ];
    const written = await writeSampleSheets(folder, samples);
    const sizes = { height: 2, width: 3, perClass: 2, classesPerSheet: 100 };
    expect(written).toMatchObject(sizes);
    expect(written.sheets).toHaveLength(1);
    const { data, info } = await sharp(written.sheets[0])
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 6, height: 6, channels: 4 });
    const letters = Array.from({ length: 36 }, (_, i) => {
      const [r, g, b, a] = data.subarray(4 * i, 4 * i + 4);
      return a === 0 ? "." : r ? "r" : g ? "g" : b ? "b" : "?";
    }).join("");
    expect(letters.match(/.{6}/g)).toEqual([
      "rrrggg",
      "rrrggg",
      ".b....",
      "......",
      "......",
      "......",
    ]);
  });

  it("hold fewer classes where these have many large samples", async () => {
    const samples = Array.from({ length: 20 }, () =>
      Array<SmallPicture>(8).fill(plain([1, 2, 3], 64, 64)),
    );
    const { classesPerSheet, sheets } = await writeSampleSheets(
      folder,
      samples,
    );
    expect(classesPerSheet).toBe(16);
    expect((await sharp(sheets[1]).metadata()).height).toBe(4 * 64);
  });

  it("hold a hundred classes each, and have the same bytes when drawn again", async () => {
    const samples = Array.from({ length: 250 }, (_, index) => [
      plain([index, 255 - index, 7], 4, 4),
    ]);
    const { sheets } = await writeSampleSheets(folder, samples);
    const bytes = await Promise.all(sheets.map((path) => readFile(path)));
    const heights = await Promise.all(
      bytes.map(async (png) => (await sharp(png).metadata()).height),
    );
    expect(heights).toEqual([400, 400, 200]);
    const again = await writeSampleSheets(folder, samples);
    for (const [index, path] of again.sheets.entries()) {
      expect((await stat(path)).size).toBeGreaterThan(0);
      expect((await readFile(path)).equals(bytes[index])).toBe(true);
    }
  });
});
