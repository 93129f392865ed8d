import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  newFolder,
  packTar,
  plainPng,
  twoClasses,
  writeFiles,
  writeTar,
} from "./check-dataset.ts";
import { describeDataset } from "./describe-dataset.ts";

/** An IDX header and as many zeros as it promises. */
const idx = (...sizes: number[]) =>
  Buffer.concat([
    Buffer.from([0, 0, 8, sizes.length]),
    ...sizes.map((n) => Buffer.from([0, 0, n >> 8, n & 255])),
    Buffer.alloc(sizes.reduce((product, n) => product * n, 1)),
  ]);
const cifarRecord = Buffer.alloc(3073);

describe("the outline of a data set", () => {
  it("of IDX files is their splits and the size of their images", async () => {
    const folder = writeFiles(newFolder(), {
      "train-images-idx3-ubyte": idx(2, 28, 20),
      "train-labels-idx1-ubyte": idx(2),
      "t10k-images-idx3-ubyte": idx(1, 28, 20),
      "t10k-labels-idx1-ubyte": idx(1),
    });
    const outline = { format: "idx", imageShape: [1, 28, 20] };
    expect(await describeDataset(folder)).toEqual({
      ...outline,
      splits: ["test", "train"],
    });
    expect(
      await describeDataset(join(folder, "t10k-images-idx3-ubyte")),
    ).toEqual({ ...outline, splits: [] });
    await expect(describeDataset(folder, "val")).rejects.toThrow(
      /no split "val"/,
    );
  });

  it("of CIFAR's files is told in folders, archives and alone", async () => {
    const files = {
      "test_batch.bin": cifarRecord,
      "data_batch_1.bin": cifarRecord,
    };
    const folder = writeFiles(newFolder(), files);
    const archive = await writeTar(join(newFolder(), "cifar.tar.gz"), files);
    const outline = { format: "cifar", imageShape: [3, 32, 32] };
    for (const path of [folder, archive])
      expect(await describeDataset(path)).toEqual({
        ...outline,
        splits: ["test", "train"],
      });
    expect(await describeDataset(join(folder, "test_batch.bin"))).toEqual({
      ...outline,
      splits: [],
    });
  });

  it("of pictures is the splits that classes lie in, where they do", async () => {
    const pictures = await twoClasses();
    const plain = writeFiles(newFolder(), pictures);
    const outline = { format: "image-folder", imageShape: null };
    expect(await describeDataset(plain)).toEqual({ ...outline, splits: [] });
    const within = (split: string) =>
      Object.fromEntries(
        Object.entries(pictures).map(([path, bytes]) => [
          `${split}/${path}`,
          bytes,
        ]),
      );
    const archive = await writeTar(join(newFolder(), "pictures.tar"), {
      ...within("val"),
      ...within("train"),
    });
    expect(await describeDataset(archive)).toEqual({
      ...outline,
      splits: ["train", "val"],
    });
  });

  it("is refused where there is nothing that Motif reads", async () => {
    const folder = newFolder();
    await expect(describeDataset(join(folder, "nothing"))).rejects.toThrow(
      /nothing/,
    );
    await expect(describeDataset(folder)).rejects.toThrow(/no images/);
    const lone = writeFiles(newFolder(), {
      "cat/a.png": await plainPng([1, 2, 3]),
      "notes.tar": await packTar([]),
    });
    await expect(describeDataset(lone)).rejects.toThrow(/only one class/);
  });
});
