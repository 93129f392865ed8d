/** Sheets of samples: a row a class, a column an image, to be shown piece by piece. */
import { join } from "node:path";
import sharp from "sharp";
import type { SmallPicture } from "../data/index.ts";
import { writeFileAtomically } from "../report/atomic-file.ts";
import type { SampleSheets } from "./shard-outcome.ts";

/** So that the first classes are on the screen before the last are loaded: as photographs, a sheet takes a megabyte or so. */
const mostRows = 100;
const mostPixels = 2 ** 19;

/**
 * Writes PNG files, the same bytes for the same samples. Each sample stands in the middle of a cell that the largest fills;
 * what no sample covers is transparent.
 * @param samples by class
 */
export async function writeSampleSheets(
  directory: string,
  samples: readonly (readonly SmallPicture[])[],
): Promise<SampleSheets> {
  const all = samples.flat();
  const cell = {
    height: Math.max(1, ...all.map(({ height }) => height)),
    width: Math.max(1, ...all.map(({ width }) => width)),
    perClass: Math.max(1, ...samples.map(({ length }) => length)),
  };
  const rowPixels = cell.height * cell.width * cell.perClass;
  const fitting = Math.floor(mostPixels / rowPixels);
  const classesPerSheet = Math.max(1, Math.min(mostRows, fitting));
  const sheets: string[] = [];
  for (let first = 0; first < samples.length; first += classesPerSheet) {
    const rows = samples.slice(first, first + classesPerSheet);
    const path = join(directory, `samples-${sheets.length}.png`);
    await writeFileAtomically(path, await drawSheet(rows, cell));
    sheets.push(path);
  }
  return { ...cell, classesPerSheet, sheets };
}

async function drawSheet(
  rows: readonly (readonly SmallPicture[])[],
  cell: Pick<SampleSheets, "height" | "width" | "perClass">,
): Promise<Buffer> {
  const height = rows.length * cell.height;
  const width = cell.perClass * cell.width;
  const colors = new Uint8Array(4 * height * width);
  rows.forEach((samples, row) => {
    samples.forEach((sample, column) => {
      const top =
        row * cell.height + Math.floor((cell.height - sample.height) / 2);
      const left =
        column * cell.width + Math.floor((cell.width - sample.width) / 2);
      const plane = sample.height * sample.width;
      for (let i = 0; i < plane; i++) {
        const y = top + Math.floor(i / sample.width);
        const at = 4 * (y * width + left + (i % sample.width));
        for (let channel = 0; channel < 3; channel++)
          colors[at + channel] = sample.pixels[channel * plane + i];
        colors[at + 3] = 255;
      }
    });
  });
  return sharp(colors, { raw: { width, height, channels: 4 } })
    .png({ compressionLevel: 9, adaptiveFiltering: true, palette: false })
    .toBuffer();
}
