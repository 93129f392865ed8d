import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  chooseBudget,
  describeBudget,
  fileAddress,
  inlinePictures,
} from "./picture-budget.ts";

describe("chooseBudget", () => {
  it("takes everything in where pictures are small or few", () => {
    const budget = chooseBudget(500, 100, 32 * 32);
    expect(budget).toEqual({ hasEveryPattern: true, detail: "full" });
    expect(describeBudget(budget)).toBeNull();
  });

  it("keeps the best of each class, coarser for 1,000 classes of photographs, and says so", () => {
    expect(chooseBudget(500, 100, 224 * 224)).toEqual({
      hasEveryPattern: false,
      detail: "full",
    });
    const budget = chooseBudget(5000, 1000, 224 * 224);
    expect(budget).toEqual({ hasEveryPattern: false, detail: "coarse" });
    expect(describeBudget(budget)).toContain("half resolution");
  });
});

describe("inlinePictures", () => {
  const size = [224, 230] as const;
  const images = { canvas: "c.png", pattern: "p.png", heatmap: "h.png" };
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "motif-pictures-"));
    for (const path of Object.values(images))
      await sharp({
        create: {
          width: size[1],
          height: size[0],
          channels: 3,
          background: "#123456",
          noise: { type: "gaussian", mean: 128, sigma: 60 },
        },
      })
        .png()
        .toFile(join(folder, path));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const open = (uri: string) => {
    expect(uri.startsWith("data:image/webp;base64,")).toBe(true);
    return sharp(Buffer.from(uri.slice(uri.indexOf(",") + 1), "base64"));
  };

  it("keeps every pixel of a pattern, coarse or not", async () => {
    const original = await sharp(join(folder, "p.png"))
      .ensureAlpha()
      .raw()
      .toBuffer();
    for (const detail of ["full", "coarse"] as const) {
      const { pattern } = await inlinePictures(folder, images, size, detail);
      expect(
        (await open(pattern).ensureAlpha().raw().toBuffer()).equals(original),
      ).toBe(true);
    }
  });

  it("halves canvas and heat map where it is coarse", async () => {
    const { canvas, heatmap } = await inlinePictures(
      folder,
      images,
      size,
      "coarse",
    );
    for (const uri of [canvas, heatmap])
      expect(await open(uri).metadata()).toMatchObject({
        width: 115,
        height: 112,
      });
  });

  it("names the file that is missing", async () => {
    const missing = { ...images, heatmap: "gone.png" };
    await expect(inlinePictures(folder, missing, size, "full")).rejects.toThrow(
      /gone\.png: it cannot be read .* Search this class again\./,
    );
  });
});

it("addresses of files hold what file names may", () => {
  expect(fileAddress("../a b/c#1?.html")).toBe("../a%20b/c%231%3F.html");
});
