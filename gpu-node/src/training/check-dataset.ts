/** For tests: a small data set, in memory or as files, that a classifier learns within seconds. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { randomFrom, type Dataset } from "../data/index.ts";

/** Where the bright column of each class is, as a share of the width. */
const columns = [0.1, 0.5, 0.9];

/** Grey 8×8 images of three classes: a bright column at the left, in the middle, at the right, and noise. */
export function columnDataset(count: number, seed: number): Dataset {
  const size = 8;
  const random = randomFrom("column data set", seed);
  const labels = Uint16Array.from({ length: count }, (_, i) => i % 3);
  const pixels = new Uint8Array(count * size * size).map((_, at) => {
    const label = labels[Math.floor(at / (size * size))];
    const isColumn = at % size === Math.floor(columns[label] * size);
    return (isColumn ? 150 : 0) + random.nextBelow(100);
  });
  const imageBytes = size * size;
  return {
    name: "columns",
    classes: ["left", "middle", "right"],
    imageShape: [1, size, size],
    labels,
    digest: `columns of seed ${seed}`,
    async read(indices, into) {
      Array.from(indices).forEach((index, i) =>
        into.set(
          pixels.subarray(index * imageBytes, (index + 1) * imageBytes),
          i * imageBytes,
        ),
      );
    },
    close: async () => {},
  };
}

/** The same as IDX files: `<split>-images-idx3-ubyte` and `<split>-labels-idx1-ubyte`. */
export async function writeColumnDataset(
  folder: string,
  split: string,
  count: number,
  seed: number,
): Promise<void> {
  const dataset = columnDataset(count, seed);
  const [, height, width] = dataset.imageShape;
  const pixels = new Uint8Array(count * height * width);
  await dataset.read(
    Array.from({ length: count }, (_, i) => i),
    pixels,
  );
  const header = (kind: number, ...sizes: number[]) =>
    Buffer.from([
      0,
      0,
      8,
      kind,
      ...sizes.flatMap((n) => [0, 0, n >> 8, n & 255]),
    ]);
  await writeFile(
    join(folder, `${split}-images-idx3-ubyte`),
    Buffer.concat([header(3, count, height, width), pixels]),
  );
  await writeFile(
    join(folder, `${split}-labels-idx1-ubyte`),
    Buffer.concat([header(1, count), Uint8Array.from(dataset.labels)]),
  );
}
