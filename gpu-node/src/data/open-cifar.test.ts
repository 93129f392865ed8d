import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  contentOf,
  newFolder,
  twoClasses,
  writeFiles,
  writeTar,
  type Files,
} from "./check-dataset.ts";
import { openDataset } from "./index.ts";

const imageShape = [3, 32, 32] as const;
const root = newFolder();

const names = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];
const meta = `${names.join("\n")}\n\n`;

/** Images whose red is their number + `first`, whose green is 100, whose blue 200. */
function batch(labels: readonly (readonly number[])[], first = 0): Buffer {
  return Buffer.concat(
    labels.map((label, i) =>
      Buffer.concat([
        Buffer.from(label),
        Buffer.alloc(1024, first + i),
        Buffer.alloc(1024, 100),
        Buffer.alloc(1024, 200),
      ]),
    ),
  );
}
const cifar10: Files = {
  "data_batch_2.bin": batch([[7], [8]], 30),
  "data_batch_1.bin": batch([[5], [6]], 20),
  "batches.meta.txt": meta,
  "test_batch.bin": batch([[3], [9], [0]]),
  "readme.html": "x",
};
const cifar100: Files = {
  "train.bin": batch([[1, 99]], 50),
  "test.bin": batch(
    [
      [19, 42],
      [0, 7],
    ],
    60,
  ),
};

let count = 0;
const folderOf = (files: Files) =>
  writeFiles(join(root, `set${count++}`), files);
const read = async (path: string, more: object = {}) =>
  contentOf(await openDataset(path, { imageShape, ...more }));
const within = (files: Files, folder: string) =>
  Object.fromEntries(
    Object.entries(files).map(([name, content]) => [
      `${folder}/${name}`,
      content,
    ]),
  );

describe("CIFAR-10", () => {
  it("is read alike from a folder, an archive as it is published, and one file", async () => {
    const folder = folderOf(cifar10);
    const expected = await read(folder);
    expect(expected).toMatchObject({
      classes: names,
      labels: [3, 9, 0],
      firsts: [0, 1, 2],
    });
    expect([
      ...expected.pixels.subarray(1023, 1026),
      ...expected.pixels.subarray(2047, 2050),
    ]).toEqual([0, 100, 100, 100, 200, 200]);
    const published = within(cifar10, "cifar-10-batches-bin");
    for (const path of [
      await writeTar(join(root, "cifar-10-binary.tar.gz"), published),
      await writeTar(join(root, "cifar-10.tar"), published),
      folderOf(published),
      join(folder, "test_batch.bin"),
    ])
      expect(await read(path)).toEqual(expected);
  });

  it("has its training batches in their order, in whatever order an archive has them", async () => {
    const expected = await read(folderOf(cifar10), { split: "train" });
    expect(expected).toMatchObject({
      labels: [5, 6, 7, 8],
      firsts: [20, 21, 30, 31],
    });
    const path = await writeTar(join(root, "train.tar.gz"), cifar10);
    expect(await read(path, { split: "train" })).toEqual(expected);
  });

  it("numbers its classes where their names are missing", async () => {
    const { "batches.meta.txt": _, ...rest } = cifar10;
    const { classes } = await read(folderOf(rest));
    expect(classes).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  });

  it("is scaled and made grey for a model that takes that", async () => {
    const large = await contentOf(
      await openDataset(folderOf(cifar10), { imageShape: [3, 64, 64] }),
    );
    expect(large.firsts).toEqual([0, 1, 2]);
    expect(large.pixels[2 * 64 * 64]).toBe(200);
    const grey = await contentOf(
      await openDataset(folderOf(cifar10), { imageShape: [1, 32, 32] }),
    );
    expect(grey.firsts[0]).toBeGreaterThan(60);
    expect(grey.firsts[0]).toBeLessThan(120);
  });

  it("tells how far it is", async () => {
    const seen: unknown[] = [];
    await read(folderOf(cifar10), {
      onProgress: (...counts: unknown[]) => seen.push(counts),
    });
    expect(seen.at(-1)).toEqual([3, 3]);
  });
});

describe("CIFAR-100", () => {
  it("has the fine labels", async () => {
    const fine = Array.from({ length: 100 }, (_, i) => `class ${i}`);
    const content = await read(
      folderOf({
        ...cifar100,
        "fine_label_names.txt": fine.join("\n"),
        "coarse_label_names.txt": "x",
      }),
    );
    expect(content).toMatchObject({
      classes: fine,
      labels: [42, 7],
      firsts: [60, 61],
    });
    const path = await writeTar(
      join(root, "cifar-100-binary.tar.gz"),
      within(cifar100, "cifar-100-binary"),
    );
    expect((await read(path, { split: "train" })).labels).toEqual([99]);
  });
});

describe("a single file of another name", () => {
  it("is told by its size", async () => {
    const folder = folderOf({
      "ten.bin": cifar10["test_batch.bin"],
      "hundred.bin": cifar100["test.bin"],
    });
    expect((await read(join(folder, "ten.bin"))).labels).toEqual([3, 9, 0]);
    expect((await read(join(folder, "hundred.bin"))).labels).toEqual([42, 7]);
  });

  it("is refused where its size fits neither", async () => {
    const folder = folderOf({ "x.bin": Buffer.alloc(5000), "empty.bin": "" });
    await expect(read(join(folder, "x.bin"))).rejects.toThrow(
      /x\.bin: 5000 bytes, no whole number of CIFAR-10's records/,
    );
    await expect(read(join(folder, "empty.bin"))).rejects.toThrow(
      /empty\.bin: 0 bytes/,
    );
    await expect(
      read(join(folder, "x.bin"), { split: "test" }),
    ).rejects.toThrow(/x\.bin: a single file has no splits/);
  });
});

describe("what is refused", () => {
  it.each([
    [
      "a batch that was cut off",
      { ...cifar10, "test_batch.bin": batch([[1]]).subarray(1) },
      /test_batch\.bin: 3072 bytes, no whole number of CIFAR-10's records of 3073/,
    ],
    [
      "an empty batch",
      { ...cifar10, "test_batch.bin": "" },
      /test_batch\.bin: 0 bytes/,
    ],
    [
      "a label beyond the classes",
      { ...cifar10, "test_batch.bin": batch([[1], [10]]) },
      /test_batch\.bin: image 1 has label 10, CIFAR-10 has the classes 0 to 9/,
    ],
    [
      "too few class names",
      { ...cifar10, "batches.meta.txt": "a\nb\n" },
      /batches\.meta\.txt: 2 class names, CIFAR-10 has 10/,
    ],
    [
      "both kinds at once",
      { ...cifar10, ...cifar100 },
      /it holds both CIFAR-10 and CIFAR-100/,
    ],
    [
      "the same batch twice",
      { ...within(cifar10, "a"), ...within(cifar10, "b") },
      /test_batch\.bin is there twice/,
    ],
  ])("%s, in folder and archive", async (_, files, message) => {
    await expect(read(folderOf(files))).rejects.toThrow(message);
    await expect(
      read(await writeTar(join(root, "bad.tar.gz"), files)),
    ).rejects.toThrow(message);
  });

  it("a split that is not there", async () => {
    await expect(read(folderOf(cifar10), { split: "val" })).rejects.toThrow(
      /it has no split "val"\. Name one of: test, train/,
    );
  });
});

it("leaves pictures what they are, though a file beside them is called as a batch", async () => {
  const path = await writeTar(join(root, "both.tar"), {
    ...(await twoClasses()),
    "cat/test.bin": "x",
  });
  const dataset = await openDataset(path, { imageShape: [3, 8, 8] });
  expect((await contentOf(dataset)).classes).toEqual(["cat", "dog"]);
});
