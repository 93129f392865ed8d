/** Holds a search's gallery, as REST serves it, against the files that the same search was exported to. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect } from "vitest";
import { decodeNpy } from "../../gpu-node/src/report/npy.ts";
import type { Result } from "../../gpu-node/src/report/result.ts";

interface Page {
  readonly imageShape: readonly number[];
  readonly patterns: readonly { readonly id: string }[];
}

/** @param url of REST @param directory of result.json; images of one channel, small enough to be shown pixel for pixel */
export async function expectGallery(
  url: string,
  jobId: string,
  directory: string,
): Promise<void> {
  const [page, text] = await Promise.all([
    fetch(`${url}/api/jobs/${jobId}/patterns`).then(
      (response) => response.json() as Promise<Page>,
    ),
    readFile(join(directory, "result.json"), "utf8"),
  ]);
  const result = JSON.parse(text) as Result;
  expect(page.imageShape).toEqual(result.model.inputShape);
  expect(page.patterns).toHaveLength(result.patterns.length);
  const [, height, width] = page.imageShape;
  for (const [i, pattern] of result.patterns.entries()) {
    const { targetClass, canvasIndex, seed, kStar } = pattern;
    const listed = page.patterns[i];
    expect(listed).toMatchObject({
      ...{ targetClass, canvasIndex, seed, kStar },
      power: pattern.predictivePower.map(
        ({ power }) => expect.closeTo(power, 4) as number,
      ),
    });
    const canvas = await sharp(join(directory, pattern.images.canvas))
      .resize(width, height, { kernel: "nearest" })
      .removeAlpha()
      .raw()
      .toBuffer();
    const mask = decodeNpy(await readFile(join(directory, pattern.mask))).data;
    const expected = Array.from(mask, (value, index) => {
      const rank = pattern.topPixels.indexOf(index);
      const grey = Math.round(value * 255);
      return [
        [...canvas.subarray(index * 3, index * 3 + 3)],
        rank === -1
          ? [255, 255, 255]
          : [rank >> 16, (rank >> 8) & 255, rank & 255],
        [grey, grey, grey],
      ];
    });
    const sheet = await fetch(`${url}/api/patterns/${listed.id}/sheet.png`);
    expect(sheet.status).toBe(200);
    expect(
      await readPanels(Buffer.from(await sheet.arrayBuffer()), [height, width]),
    ).toEqual(expected);
  }
}

/** @returns for each pixel of the image its color in the three panels */
async function readPanels(
  png: Buffer,
  [height, width]: readonly [number, number],
): Promise<readonly number[][][]> {
  const { data, info } = await sharp(png)
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ height, width: 3 * width, channels: 3 });
  return Array.from({ length: height * width }, (_, index) =>
    [0, 1, 2].map((panel) => {
      const row = Math.floor(index / width);
      const at = (row * 3 + panel) * width + (index % width);
      return [...data.subarray(at * 3, at * 3 + 3)];
    }),
  );
}
