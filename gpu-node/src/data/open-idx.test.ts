import {
  openSync,
  ftruncateSync,
  writeSync,
  closeSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  contentOf,
  newFolder,
  writeFiles,
  type Files,
} from "./check-dataset.ts";
import { openDataset, randomFrom } from "./index.ts";

const imageShape = [1, 4, 4] as const;
const root = newFolder();

function idx(dimensions: readonly number[], values: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header[2] = 8;
  header[3] = dimensions.length;
  dimensions.forEach((size, axis) => header.writeUInt32BE(size, 4 + 4 * axis));
  return Buffer.concat([header, values]);
}
/** `n` images of 4×4; each pixel is image · 16 + position. */
const images = (n: number) =>
  idx(
    [n, 4, 4],
    Uint8Array.from({ length: 16 * n }, (_, i) => i),
  );
const labels = (...values: number[]) =>
  idx([values.length], Uint8Array.from(values));
const pair: Files = {
  "t10k-images-idx3-ubyte": images(3),
  "t10k-labels-idx1-ubyte": labels(2, 0, 1),
};

let count = 0;
const folderOf = (files: Files) =>
  writeFiles(join(root, `set${count++}`), files);
const read = async (path: string, more: object = {}) =>
  contentOf(await openDataset(path, { imageShape, ...more }));

describe("a pair of files", () => {
  it("is read alike as they are, zipped, one of them zipped, under either spelling, by folder or file", async () => {
    const expected = await read(folderOf(pair));
    expect(expected).toMatchObject({
      classes: ["0", "1", "2"],
      labels: [2, 0, 1],
      firsts: [0, 16, 32],
    });
    const [imageBytes, labelBytes] = Object.values(pair);
    const zipped = folderOf({
      "t10k-images-idx3-ubyte.gz": gzipSync(imageBytes),
      "t10k-labels-idx1-ubyte.gz": gzipSync(labelBytes),
    });
    const mixed = folderOf({
      "t10k-images.idx3-ubyte.gz": gzipSync(imageBytes),
      "t10k-labels.idx1-ubyte": labelBytes,
    });
    const bare = folderOf({
      "images-idx3-ubyte": imageBytes,
      "labels-idx1-ubyte": labelBytes,
    });
    for (const path of [
      zipped,
      mixed,
      bare,
      join(zipped, "t10k-images-idx3-ubyte.gz"),
    ])
      expect(await read(path)).toEqual(expected);
  });

  it("is spread over the channels of a colour model, whether unzipped first or not", async () => {
    const zipped = folderOf({
      "test-images-idx3-ubyte.gz": gzipSync(pair["t10k-images-idx3-ubyte"]),
      "test-labels-idx1-ubyte": pair["t10k-labels-idx1-ubyte"],
    });
    for (const path of [folderOf(pair), zipped]) {
      const dataset = await openDataset(path, { imageShape: [3, 4, 4] });
      const into = new Uint8Array(4 * 48);
      await dataset.read([2, 0, 1, 1], into);
      await dataset.close();
      const image = (index: number) =>
        Array.from({ length: 48 }, (_, i) => 16 * index + (i % 16));
      expect([...into]).toEqual([2, 0, 1, 1].flatMap(image));
    }
  });

  it("may be read several times at once", async () => {
    const dataset = await openDataset(folderOf(pair), {
      imageShape: [3, 4, 4],
    });
    const rooms = Array.from({ length: 20 }, () => new Uint8Array(48));
    await Promise.all(rooms.map((room, i) => dataset.read([i % 3], room)));
    await dataset.close();
    expect(rooms.map((room) => room[40])).toEqual(
      rooms.map((_, i) => 16 * (i % 3) + 8),
    );
  });

  it("is scaled for a model of another size, as pictures are", async () => {
    const flat = idx(
      [2, 4, 4],
      new Uint8Array(32).fill(90, 0, 16).fill(180, 16),
    );
    const path = folderOf({
      "test-images-idx3-ubyte": flat,
      "test-labels-idx1-ubyte": labels(0, 1),
    });
    expect((await read(path, { imageShape: [1, 8, 8] })).firsts).toEqual([
      90, 180,
    ]);
    await expect(read(path, { imageShape: [1, 64, 64] })).rejects.toThrow(
      /4×4 pixels, the model takes 64×64/,
    );
  });

  it("has the classes that its labels name, which a model must have too", async () => {
    expect((await read(folderOf(pair), { numClasses: 5 })).classes).toEqual([
      "0",
      "1",
      "2",
    ]);
    await expect(read(folderOf(pair), { numClasses: 2 })).rejects.toThrow(
      /t10k-labels-idx1-ubyte: image 0 has label 2, the model has the classes 0 to 1/,
    );
  });
});

describe("splits", () => {
  const both = {
    ...pair,
    "train-images-idx3-ubyte": images(2),
    "train-labels-idx1-ubyte": labels(0, 1),
  };

  it("are t10k or test, then train; t10k is test", async () => {
    const path = folderOf(both);
    expect((await read(path)).labels).toHaveLength(3);
    expect((await read(path, { split: "test" })).labels).toHaveLength(3);
    expect((await read(path, { split: "train" })).labels).toHaveLength(2);
    await expect(read(path, { split: "val" })).rejects.toThrow(
      /it has no split "val"\. Name one of: test, train/,
    );
  });

  it("of several data sets in one folder are refused", async () => {
    const path = folderOf({
      "letters-test-images-idx3-ubyte": images(1),
      "digits-test-images-idx3-ubyte": images(1),
    });
    await expect(read(path)).rejects.toThrow(
      /several data sets, digits-test-images-idx3-ubyte, letters-test-images-idx3-ubyte\. Name one/,
    );
  });
});

describe("what is refused", () => {
  const [imageBytes, labelBytes] = Object.values(pair) as Buffer[];
  const zeros = gzipSync(Buffer.alloc(2 ** 20));
  it.each([
    [
      "no labels file",
      { "test-images-idx3-ubyte": imageBytes },
      /its labels file is missing\. Put test-labels-idx1-ubyte or test-labels-idx1-ubyte\.gz beside it/,
    ],
    [
      "fewer labels than images",
      {
        "test-images-idx3-ubyte": imageBytes,
        "test-labels-idx1-ubyte": labels(0, 1),
      },
      /has 3 images, .*test-labels-idx1-ubyte 2 labels\. They do not belong together/,
    ],
    [
      "images cut off",
      {
        "test-images-idx3-ubyte": imageBytes.subarray(0, 50),
        "test-labels-idx1-ubyte": labelBytes,
      },
      /test-images-idx3-ubyte: 50 bytes, its header promises 64/,
    ],
    [
      "zipped images cut off before zipping",
      {
        "test-images-idx3-ubyte.gz": gzipSync(imageBytes.subarray(0, 50)),
        "test-labels-idx1-ubyte": labelBytes,
      },
      /ubyte\.gz: (50 bytes, its header promises 64|it ends within an image)/,
    ],
    [
      "a zipped file cut off",
      {
        "test-images-idx3-ubyte.gz": gzipSync(imageBytes).subarray(0, 40),
        "test-labels-idx1-ubyte": labelBytes,
      },
      /ubyte\.gz: it cannot be unzipped/,
    ],
    [
      "a .gz that is no gzip",
      {
        "test-images-idx3-ubyte.gz": "text, not gzip",
        "test-labels-idx1-ubyte": labelBytes,
      },
      /ubyte\.gz: not an IDX file/,
    ],
    [
      "labels cut off",
      {
        "test-images-idx3-ubyte": imageBytes,
        "test-labels-idx1-ubyte": labelBytes.subarray(0, 10),
      },
      /labels-idx1-ubyte: 10 bytes, its header promises 11/,
    ],
    [
      "more images than promised",
      {
        "test-images-idx3-ubyte": Buffer.concat([imageBytes, zeros]),
        "test-labels-idx1-ubyte": labelBytes,
      },
      /images-idx3-ubyte: more than the 64 bytes that its header promises/,
    ],
    [
      "a zipped file that goes on for ever",
      {
        "test-images-idx3-ubyte.gz": gzipSync(
          Buffer.concat([imageBytes, Buffer.alloc(2 ** 22)]),
        ),
        "test-labels-idx1-ubyte": labelBytes,
      },
      /more than the 64 bytes that its header promises/,
    ],
    [
      "one class",
      {
        "test-images-idx3-ubyte": imageBytes,
        "test-labels-idx1-ubyte": labels(1, 1, 1),
      },
      /only one class, 1/,
    ],
    [
      "labels as images",
      {
        "test-images-idx3-ubyte": labelBytes,
        "test-labels-idx1-ubyte": labelBytes,
      },
      /1 dimensions, 3 are expected/,
    ],
  ])("%s", async (_, files: Files, message) => {
    await expect(read(folderOf(files))).rejects.toThrow(message);
    await expect(read(folderOf(files))).rejects.toMatchObject({
      code: "dataset",
    });
  });

  it("the labels file, where the images are meant", async () => {
    await expect(
      read(join(folderOf(pair), "t10k-labels-idx1-ubyte")),
    ).rejects.toThrow(/these are labels\. Name the images file/);
  });

  it("a header that promises more than the disk has, before anything is unzipped", async () => {
    const header = idx([2 ** 26, 1024, 1024], new Uint8Array(0));
    const path = folderOf({
      "test-images-idx3-ubyte.gz": gzipSync(
        Buffer.concat([header, Buffer.alloc(1000)]),
      ),
      "test-labels-idx1-ubyte": labels(0, 1),
    });
    const labelFile = openSync(join(path, "test-labels-idx1-ubyte"), "w");
    writeSync(labelFile, idx([2 ** 26], new Uint8Array(0)));
    ftruncateSync(labelFile, 2 ** 26 + 8);
    closeSync(labelFile);
    await expect(read(path, { imageShape: [1, 1024, 1024] })).rejects.toThrow(
      /the decoded images take 67108864 MiB, \d+ MiB are free/,
    );
  });
});

it("tells how far it is and stops when aborted", async () => {
  const seen: unknown[] = [];
  await read(folderOf(pair), {
    onProgress: (...counts: unknown[]) => seen.push(counts),
  });
  expect(seen.at(-1)).toEqual([3, 3]);
  await expect(
    read(folderOf(pair), { signal: AbortSignal.abort() }),
  ).rejects.toMatchObject({ name: "AbortError" });
});

it("reads a million images without holding them", async () => {
  const n = 1_000_000;
  const folder = folderOf({});
  const file = openSync(join(folder, "train-images-idx3-ubyte"), "w");
  writeSync(file, idx([n, 28, 28], new Uint8Array(0)));
  const marked = Array.from({ length: 200 }, (_, i) => (i * 4_999_999) % n);
  for (const index of marked)
    writeSync(
      file,
      Buffer.alloc(784, 1 + (index % 255)),
      0,
      784,
      16 + index * 784,
    );
  ftruncateSync(file, 16 + n * 784); // Sparse: the holes read as zeros and take no room.
  closeSync(file);
  const random = randomFrom("a million labels");
  writeFileSync(
    join(folder, "train-labels-idx1-ubyte"),
    idx(
      [n],
      Uint8Array.from({ length: n }, () => random.nextBelow(10)),
    ),
  );
  const before = process.memoryUsage().rss;
  const dataset = await openDataset(folder, { imageShape: [1, 28, 28] });
  const into = new Uint8Array(marked.length * 784);
  await dataset.read(marked, into);
  const used = process.memoryUsage().rss - before;
  expect(marked.map((_, i) => into[i * 784 + 783])).toEqual(
    marked.map((index) => 1 + (index % 255)),
  );
  expect(dataset.labels).toHaveLength(n);
  await dataset.close();
  expect(used).toBeLessThan(200 * 2 ** 20);
});
