import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { contentOf, newFolder, writeFiles } from "./check-dataset.ts";
import { openDataset } from "./index.ts";

const imageShape = [3, 32, 32] as const;
const root = newFolder();

describe("what is no data set", () => {
  it("is refused where nothing is", async () => {
    await expect(
      openDataset(join(root, "none"), { imageShape }),
    ).rejects.toThrow(/none: there is no such file or folder/);
    await expect(openDataset("", { imageShape })).rejects.toMatchObject({
      name: "MotifError",
    });
  });

  it.each(["set.zip", "set.parquet", "cat.jpg", "set.tar.xz", "noname"])(
    "is refused with what Motif reads: %s",
    async (name) => {
      writeFiles(root, { [name]: "PK\u0003\u0004 something" });
      await expect(
        openDataset(join(root, name), { imageShape }),
      ).rejects.toThrow(
        /Motif does not read such a file\. It reads IDX files .*CIFAR's binary files.*folder of images a class.*\.tar/,
      );
    },
  );

  it("is refused where the model takes neither grey nor colour", async () => {
    await expect(openDataset(root, { imageShape: [4, 8, 8] })).rejects.toThrow(
      /the model takes 4 channels/,
    );
  });
});

const shared =
  process.env.MOTIF_SHARED ??
  fileURLToPath(new URL("../../../../shared", import.meta.url));
const cifar = join(shared, "data/cifar10-jpeg.tar.gz");
const imagenet = join(shared, "data/imagenet-sample-1000.tar");

describe("data sets as they are in the world", { timeout: 300_000 }, () => {
  it.skipIf(!existsSync(cifar))(
    "CIFAR-10 as 60,000 JPEGs in a .tar.gz (skipped without ../shared)",
    async () => {
      const totals = new Set<number | null>();
      const { classes, labels, digest } = await contentOf(
        await openDataset(cifar, {
          imageShape,
          onProgress: (_, total) => totals.add(total),
        }),
      );
      expect(classes.slice(0, 3)).toEqual(["airplane", "automobile", "bird"]);
      expect(labels).toEqual(
        Array.from({ length: 10_000 }, (_, i) => Math.floor(i / 1000)),
      );
      expect([...totals]).toEqual([10_000]); // The training split is not decoded.
      expect(digest).toMatch(/^c8d39600f0d243bb/);
    },
  );

  it.skipIf(!existsSync(imagenet))(
    "ImageNet, a picture a class, in synset order (skipped without ../shared)",
    async () => {
      const { classes, labels } = await contentOf(
        await openDataset(imagenet, { imageShape: [3, 224, 224] }),
      );
      expect(classes[0]).toBe("n01440764_tench");
      expect(classes[999]).toBe("n15075141_toilet_tissue");
      expect(labels).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    },
  );
});
