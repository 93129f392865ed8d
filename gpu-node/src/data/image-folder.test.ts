import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import sharp from "sharp";
import {
  contentOf,
  newFolder,
  plainPng,
  twoClasses,
  writeFiles,
  writeTar,
  type Files,
} from "./check-dataset.ts";
import { openDataset } from "./index.ts";

const imageShape = [3, 8, 8] as const;
const root = newFolder();
let pictures: Record<string, Buffer>;
beforeAll(async () => {
  pictures = await twoClasses();
});

let count = 0;
const folderOf = (files: Files) =>
  writeFiles(join(root, `set${count++}`), files);
const open = (path: string, more: object = {}) =>
  openDataset(path, { imageShape, ...more });
const read = async (path: string, more: object = {}) =>
  contentOf(await open(path, more));

/** Sixty pictures in three classes and two splits, of several formats, sizes and names. */
async function manyPictures(): Promise<Record<string, Buffer>> {
  const files: Record<string, Buffer> = {};
  for (let i = 0; i < 60; i++) {
    const split = i % 4 === 0 ? "train" : "test";
    const format = (["png", "jpeg", "webp"] as const)[i % 3];
    const picture = sharp({
      create: {
        width: 8 + (i % 5),
        height: 8 + (i % 7),
        channels: 3,
        background: { r: 4 * i, g: i, b: 255 - i },
      },
    });
    const name = `${split}/${["ä", "b c", "d"][(i >> 2) % 3]}/${(i * 37) % 60}.${format}`;
    files[name] = await picture.toFormat(format).toBuffer();
  }
  return files;
}

describe("the same content", () => {
  it("gives the same digest, labels and pixels from folder, .tar, .tar.gz and what tar itself packs", async () => {
    const files = await manyPictures();
    const folder = folderOf(files);
    const expected = await read(folder);
    expect(expected.classes).toEqual(["b c", "d", "ä"]);
    expect(expected.labels).toHaveLength(45);
    const shuffled = Object.fromEntries(Object.entries(files).reverse());
    execFileSync("tar", ["-czf", join(root, "gnu.tgz"), "-C", folder, "."]);
    for (const path of [
      await writeTar(join(root, "one.tar"), shuffled),
      await writeTar(join(root, "one.tar.gz"), files),
      join(root, "gnu.tgz"),
    ]) {
      expect(await read(path)).toEqual(expected);
      expect(await read(path, { split: "test" })).toEqual(expected);
    }
  });

  it("has another digest where one byte, one name or one class differs", async () => {
    const digestOf = async (files: Files) =>
      (await read(folderOf(files))).digest;
    const { "dog/b.png": last, ...rest } = pictures;
    const digests = [
      await digestOf(pictures),
      await digestOf({ ...rest, "dog/c.png": last }),
      await digestOf({ ...rest, "cow/b.png": last }),
      await digestOf({ ...pictures, "dog/b.png": await plainPng([0, 41, 0]) }),
    ];
    expect(new Set(digests).size).toBe(4);
    expect(await digestOf(pictures)).toBe(digests[0]);
  });
});

it("reads images in the order asked", async () => {
  const dataset = await open(folderOf(pictures));
  const into = new Uint8Array(4 * 192);
  await dataset.read([3, 0, 1, 0], into);
  expect([0, 1, 2, 3].map((i) => [into[i * 192], into[i * 192 + 64]])).toEqual([
    [0, 40],
    [10, 0],
    [20, 0],
    [10, 0],
  ]);
  await expect(dataset.read([4], into)).rejects.toThrow(/image 4 of 4/);
  await expect(dataset.read([0, 1], new Uint8Array(5))).rejects.toThrow(
    /do not fit/,
  );
  await dataset.close();
});

it("converts grey, transparent and large pictures among others", async () => {
  const { firsts } = await read(
    folderOf({
      ...pictures,
      "cat/c.png": await sharp(await plainPng([60, 60, 60]))
        .toColourspace("b-w")
        .png()
        .toBuffer(),
      "cat/d.png": await sharp(await plainPng([70, 0, 0]))
        .ensureAlpha(0)
        .png()
        .toBuffer(),
      "cat/e.png": await plainPng([80, 0, 0], 300, 200),
    }),
  );
  expect(firsts).toEqual([10, 20, 60, 70, 80, 0, 0]);
});

it("passes over what systems and archivers leave", async () => {
  const files = {
    ...pictures,
    ".DS_Store": "x",
    "cat/.DS_Store": "x",
    "cat/._a.png": "x",
    ".hidden/a.png": "x",
    "__MACOSX/cat/._a.png": "x",
    "__MACOSX/dog/a.png": "x",
    "cat/Thumbs.db": "x",
    "README.md": "x",
  };
  const expected = await read(folderOf(pictures));
  expect(await read(folderOf(files))).toEqual(expected);
  expect(await read(await writeTar(join(root, "mac.tar"), files))).toEqual(
    expected,
  );
});

it("tells how far it is, ending with all", async () => {
  const seen: [number, number | null][] = [];
  const dataset = await open(folderOf(pictures), {
    onProgress: (done: number, total: number | null) =>
      seen.push([done, total]),
  });
  await dataset.close();
  expect(seen.at(-1)).toEqual([4, 4]);
});

it.each(["folder", "archive"])(
  "stops reading a %s when aborted",
  async (kind) => {
    const controller = new AbortController();
    const files = Object.fromEntries(
      Array.from({ length: 400 }, (_, i) => [
        `${i % 2 ? "cat" : "dog"}/${i}.png`,
        pictures["cat/a.png"],
      ]),
    );
    const path =
      kind === "folder"
        ? folderOf(files)
        : await writeTar(join(root, "long.tar.gz"), files);
    const opening = open(path, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(opening).rejects.toMatchObject({ name: "AbortError" });
    await expect(
      open(path, { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ name: "AbortError" });
  },
);

describe("what is refused, naming the file", () => {
  it.each([
    {
      what: "a truncated picture",
      name: "dog/z.png",
      make: () => pictures["cat/a.png"].subarray(0, 60),
      message: "it cannot be decoded",
    },
    {
      what: "text called .jpg",
      name: "dog/z.jpg",
      make: () => Buffer.from("text"),
      message: "its content is no JPEG",
    },
    {
      what: "an empty file",
      name: "dog/z.jpg",
      make: () => Buffer.alloc(0),
      message: "the file is empty",
    },
    {
      what: "one pixel",
      name: "dog/z.png",
      make: () => plainPng([0, 0, 0], 1),
      message: "1×1 pixels, the model takes 16×16",
    },
    {
      what: "a BMP, which is not read",
      name: "dog/z.bmp",
      make: () => Buffer.from("BM0000"),
      message: "its content is no JPEG",
    },
  ])("$what", async ({ name, make, message }) => {
    const files = { ...pictures, [name]: await make() };
    const options = { imageShape: [3, 16, 16] as const };
    for (const path of [
      folderOf(files),
      await writeTar(join(root, "bad.tar.gz"), files),
    ])
      await expect(openDataset(path, options)).rejects.toThrow(
        `${path}: ${name}: ${message}`,
      );
  });

  it("an empty folder, and one of empty folders", async () => {
    const folder = folderOf({});
    await expect(open(folder)).rejects.toThrow(/set\d+: no images/);
    mkdirSync(join(folder, "cat"));
    await expect(open(folder)).rejects.toThrow(/set\d+: no images/);
  });

  it("a class folder without images, in folder and archive", async () => {
    const folder = folderOf(pictures);
    mkdirSync(join(folder, "cow"));
    execFileSync("tar", ["-cf", join(root, "cow.tar"), "-C", folder, "."]);
    await expect(open(folder)).rejects.toThrow(
      /the class folder cow holds no images/,
    );
    await expect(open(join(root, "cow.tar"))).rejects.toThrow(
      /the class folder cow holds no images/,
    );
  });

  it("links, wherever they lead", async () => {
    const outside = folderOf({ "secret.png": pictures["cat/a.png"] });
    const cases: [string, string][] = [
      [join(outside, "secret.png"), "cat/z.png"],
      [outside, "zebra"],
      ["a.png", "cat/y.png"],
      ["..", "cat/loop"],
      ["nowhere.png", "cat/dangling.png"],
    ];
    for (const [target, name] of cases) {
      const folder = folderOf(pictures);
      symlinkSync(target, join(folder, name));
      await expect(open(folder)).rejects.toThrow(
        `${name}: it is a link, and links are not followed`,
      );
    }
  });

  it("but not a link that is the data set itself, nor one that is no picture", async () => {
    const folder = folderOf(pictures);
    symlinkSync("nowhere.txt", join(folder, "notes.txt"));
    symlinkSync(folder, join(root, "linked"));
    expect((await read(join(root, "linked"))).labels).toEqual([0, 0, 1, 1]);
  });

  it.skipIf(process.platform === "win32")("a pipe called .png", async () => {
    const folder = folderOf(pictures);
    execFileSync("mkfifo", [join(folder, "cat", "z.png")]);
    await expect(open(folder)).rejects.toThrow(
      /cat\/z\.png: it is no regular file/,
    );
  });

  it.skipIf(process.getuid?.() === 0)(
    "what may not be read (skipped for root, who may read everything)",
    async () => {
      const folder = folderOf(pictures);
      writeFileSync(join(folder, "cat", "z.png"), "x", { mode: 0 });
      await expect(open(folder)).rejects.toThrow(
        /cat\/z\.png: it may not be read/,
      );
      mkdirSync(join(folder, "closed"), { mode: 0 });
      await expect(open(folder)).rejects.toThrow(/closed: it may not be read/);
    },
  );
});
