/**
 * Makes the demo's data set: a sample of Fashion-MNIST with as many images of each class, chosen by a seed.
 *
 *     node infra/demo/make-sample.ts FOLDER
 *
 * FOLDER holds the four files of Fashion-MNIST (on Debian: /usr/share/datasets/fashion-mnist, package
 * dataset-fashion-mnist). The same bytes come out each time.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import {
  openDataset,
  randomFrom,
  type Dataset,
} from "../../gpu-node/src/data/index.ts";

const seed = 0;
const splits = [
  { split: "train", prefix: "train", imagesPerClass: 1100 },
  { split: "test", prefix: "t10k", imagesPerClass: 200 },
];

const source = process.argv[2];
if (source === undefined) {
  console.error(
    "usage: node infra/demo/make-sample.ts FOLDER  (with Fashion-MNIST's four files)",
  );
  process.exit(2);
}
for (const { split, prefix, imagesPerClass } of splits) {
  const dataset = await openDataset(source, { imageShape: [1, 28, 28], split });
  try {
    await writeSample(dataset, prefix, imagesPerClass);
  } finally {
    await dataset.close();
  }
}

async function writeSample(
  dataset: Dataset,
  prefix: string,
  imagesPerClass: number,
): Promise<void> {
  const chosen = dataset.classes.flatMap((_, label) => {
    const images = Int32Array.from(dataset.labels, (_, index) => index).filter(
      (index) => dataset.labels[index] === label,
    );
    randomFrom("Fashion-MNIST sample", seed, prefix, label).shuffle(images);
    return [...images.subarray(0, imagesPerClass)];
  });
  // In the order of the whole set, so that classes come mixed as they do there.
  chosen.sort((a, b) => a - b);
  const [, height, width] = dataset.imageShape;
  const images = new Uint8Array(chosen.length * height * width);
  await dataset.read(chosen, images);
  const labels = Uint8Array.from(chosen, (index) => dataset.labels[index]);
  await writeIdx(
    `${prefix}-images-idx3-ubyte.gz`,
    [chosen.length, height, width],
    images,
  );
  await writeIdx(`${prefix}-labels-idx1-ubyte.gz`, [chosen.length], labels);
}

/** An IDX file of unsigned bytes, gzipped without name and time. */
async function writeIdx(
  name: string,
  sizes: readonly number[],
  values: Uint8Array,
): Promise<void> {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.writeUInt8(0x08, 2);
  header.writeUInt8(sizes.length, 3);
  sizes.forEach((size, axis) => header.writeUInt32BE(size, 4 + 4 * axis));
  const zipped = gzipSync(Buffer.concat([header, values]), { level: 9 });
  zipped[9] = 255; // The system it was made on: unknown, so that it is the same on all.
  await writeFile(join(import.meta.dirname, "data", name), zipped);
  console.log(`${name}: ${zipped.length} bytes`);
}
