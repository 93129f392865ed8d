import { join } from "node:path";
import { describe, expect, it } from "vitest";
import sharp from "sharp";
import {
  newFolder,
  packTar,
  plainPng,
  twoClasses,
  writeFiles,
  writeTar,
} from "./check-dataset.ts";
import { openDataset, readPictures } from "./index.ts";

const root = newFolder();

describe("chosen pictures", () => {
  it("come in the order asked, of folders and archives, as the data set counts them", async () => {
    const files = await twoClasses();
    const folder = writeFiles(join(root, "folder"), files);
    const archive = await writeTar(
      join(root, "set.tar.gz"),
      Object.fromEntries(Object.entries(files).reverse()),
    );
    for (const path of [folder, archive]) {
      const imageShape = [3, 8, 8] as const;
      const dataset = await openDataset(path, { imageShape });
      const whole = new Uint8Array(2 * 3 * 8 * 8);
      await dataset.read([3, 1], whole);
      await dataset.close();
      const read = await readPictures(path, [3, 1], 64, {});
      expect(read.map(({ height, width }) => [height, width])).toEqual([
        [8, 8],
        [8, 8],
      ]);
      expect(Buffer.concat(read.map(({ pixels }) => pixels))).toEqual(
        Buffer.from(whole),
      );
    }
    expect(await readPictures(folder, [], 64, {})).toEqual([]);
  });

  it("are squares of their middle, scaled down and never up", async () => {
    const wide = await sharp({
      create: { width: 300, height: 100, channels: 3, background: "#f00" },
    })
      .composite([
        {
          input: await plainPng([0, 0, 255], 100),
          left: 100,
          top: 0,
        },
      ])
      .png()
      .toBuffer();
    const folder = writeFiles(join(root, "sizes"), {
      "a/wide.png": wide,
      "b/small.png": await plainPng([1, 2, 3], 12, 9),
    });
    const [cut, small] = await readPictures(folder, [0, 1], 64, {});
    expect([cut.height, cut.width, small.height, small.width]).toEqual([
      64, 64, 9, 9,
    ]);
    // Left and right, what was cut away shines through.
    const inner = [...cut.pixels].filter((_, i) => i % 64 > 1 && i % 64 < 62);
    const blue = 2 * 64 * 60;
    expect(Math.max(...inner.slice(0, blue))).toBeLessThan(5);
    expect(Math.min(...inner.slice(blue))).toBeGreaterThan(250);
  });

  it("that are damaged are named", async () => {
    const files = await twoClasses();
    const path = writeFiles(join(root, "damaged"), {
      ...files,
      "dog/b.png": files["dog/b.png"].subarray(0, 40),
    });
    await expect(readPictures(path, [0, 3], 64, {})).rejects.toMatchObject({
      code: "dataset",
      message: expect.stringContaining("dog/b.png") as string,
    });
    const broken = join(root, "broken.tar");
    const entries = Object.entries(files).map(([name, content]) => ({
      name,
      content,
    }));
    const tar = await packTar(entries);
    writeFiles(root, { "broken.tar": tar.subarray(0, tar.length / 2) });
    await expect(readPictures(broken, [3], 64, {})).rejects.toMatchObject({
      code: "dataset",
    });
  });
});
