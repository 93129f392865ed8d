/** Holds the sample images of the columns (test/fixtures/columns.ts), as REST serves them, against what makes a class there. */
import sharp from "sharp";
import { expect } from "vitest";
import { columns } from "../fixtures/columns.ts";

interface Dataset {
  readonly imagesByClass: readonly number[];
  readonly samples: {
    readonly height: number;
    readonly width: number;
    readonly perClass: number;
    readonly classesPerSheet: number;
    readonly sheets: readonly string[];
  };
}

export async function expectSamples(url: string, name: string): Promise<void> {
  const answer = await fetch(`${url}/api/datasets/${name}`);
  const { imagesByClass, samples } = (await answer.json()) as Dataset;
  expect(imagesByClass).toEqual([40, 40, 40]);
  expect(samples).toMatchObject({
    ...{ height: 8, width: 8, perClass: 8, classesPerSheet: 100 },
    sheets: [expect.stringMatching(/^[0-9a-f]{64}$/)],
  });
  const sheet = await fetch(`${url}/api/artifacts/${samples.sheets[0]}`);
  expect(sheet.headers.get("content-type")).toBe("image/png");
  const { data, info } = await sharp(Buffer.from(await sheet.arrayBuffer()))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width: 64, height: 24, channels: 4 });
  for (let y = 0; y < 24; y++)
    for (let x = 0; x < 64; x++) {
      const isBright = x % 8 === columns[Math.floor(y / 8)];
      expect(data[4 * (64 * y + x)] >= 200).toBe(isBright);
    }
}
