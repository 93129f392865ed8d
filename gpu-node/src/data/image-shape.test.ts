import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findImageShape } from "./image-shape.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-image-shape-"));
  const header = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 7);
  const file = Buffer.concat([header, new Uint8Array(70)]);
  await writeFile(join(folder, "train-images-idx3-ubyte.gz"), gzipSync(file));
  await writeFile(join(folder, "test-images-idx3-ubyte"), file);
  await writeFile(join(folder, "val-images-idx3-ubyte.gz"), file);
  await mkdir(join(folder, "pictures", "cat"), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each(["train", "test"])(
  "reads the size of the images from an IDX header, zipped or not (%s)",
  async (split) => {
    expect(await findImageShape(folder, split)).toEqual([1, 5, 7]);
  },
);

it("does not know it of a folder of pictures, nor of what is not there", async () => {
  expect(await findImageShape(join(folder, "pictures"), "train")).toBeNull();
  expect(await findImageShape(join(folder, "nothing"), "train")).toBeNull();
});

it("goes by the content, not by the ending, and refuses a header cut off", async () => {
  expect(await findImageShape(folder, "val")).toEqual([1, 5, 7]);
  const cut = join(folder, "cut", "train-images-idx3-ubyte");
  await mkdir(join(folder, "cut"));
  await writeFile(cut, Uint8Array.of(0, 0, 8, 3, 0));
  await expect(findImageShape(cut, "train")).rejects.toThrow(
    /the header is cut off at 5 of 16 bytes/,
  );
});

it("refuses a split that is not there", async () => {
  await expect(findImageShape(folder, "other")).rejects.toThrow(/other/);
});

it("knows CIFAR's", async () => {
  await mkdir(join(folder, "cifar"));
  await writeFile(join(folder, "cifar", "data_batch_1.bin"), "");
  expect(await findImageShape(join(folder, "cifar"), "train")).toEqual([
    3, 32, 32,
  ]);
});
