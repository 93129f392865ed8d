/** The cache as runs meet it: kept, changed under it, damaged, shared, cut off. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import {
  contentOf,
  newFolder,
  plainPng,
  twoClasses,
  writeFiles,
  writeTar,
} from "./check-dataset.ts";
import { openDataset } from "./index.ts";

const imageShape = [3, 8, 8] as const;
const root = newFolder();
let pictures: Record<string, Buffer>;
beforeAll(async () => {
  pictures = await twoClasses();
});

let count = 0;
const newCache = () => join(root, `cache${count++}`);
const newSet = (files = pictures) =>
  writeFiles(join(root, `set${count++}`), files);

/** What is read, and whether anything had to be decoded for it. */
async function read(path: string, cacheDir: string, more: object = {}) {
  let decoded = 0;
  const dataset = await openDataset(path, {
    imageShape,
    cacheDir,
    onProgress: (done) => (decoded = done),
    ...more,
  });
  return { decoded, name: dataset.name, content: await contentOf(dataset) };
}
const entryOf = (cache: string) => {
  const names = readdirSync(cache);
  expect(names).toHaveLength(1);
  expect(names[0]).toMatch(/^[0-9a-f]{40}\.images$/);
  return join(cache, names[0]);
};

describe("what was decoded once", () => {
  it("is taken from the cache, with the same content", async () => {
    const cache = newCache();
    const path = newSet();
    const first = await read(path, cache);
    expect(first.decoded).toBe(4);
    expect(await read(path, cache)).toEqual({ ...first, decoded: 0 });
    entryOf(cache);
    expect(first.content).toEqual(
      await contentOf(await openDataset(path, { imageShape })),
    );
  });

  it("is kept for archives, zipped IDX files and CIFAR as well", async () => {
    const tar = await writeTar(join(root, "kept.tar.gz"), pictures);
    const idx = writeFiles(join(root, "kept-idx"), {
      "test-images-idx3-ubyte.gz": gzipSync(
        Buffer.from([
          0,
          0,
          8,
          3,
          0,
          0,
          0,
          2,
          0,
          0,
          0,
          8,
          0,
          0,
          0,
          8,
          ...Array<number>(128).fill(7),
        ]),
      ),
      "test-labels-idx1-ubyte.gz": gzipSync(
        Buffer.from([0, 0, 8, 1, 0, 0, 0, 2, 1, 0]),
      ),
    });
    const cifar = writeFiles(join(root, "kept-cifar"), {
      "test_batch.bin": Buffer.alloc(2 * 3073, 5),
    });
    for (const path of [tar, idx, cifar]) {
      const cache = newCache();
      const first = await read(path, cache);
      expect(first.decoded).toBeGreaterThan(0);
      expect(await read(path, cache)).toEqual({ ...first, decoded: 0 });
    }
  });

  it("is kept apart by shape and by split", async () => {
    const path = newSet(
      Object.fromEntries(
        Object.entries(pictures).flatMap(([name, bytes]) => [
          [`test/${name}`, bytes],
          [`train/${name}`, bytes],
        ]),
      ),
    );
    const cache = newCache();
    const variants = [
      {},
      { split: "train" },
      { imageShape: [1, 8, 8] },
      { imageShape: [3, 8, 7] },
    ];
    for (const expected of [4, 0])
      for (const variant of variants)
        expect((await read(path, cache, variant)).decoded).toBe(expected);
    expect(readdirSync(cache)).toHaveLength(variants.length);
  });
});

describe("what has changed is decoded again", () => {
  it("a picture with other bytes, though its size and times are the same", async () => {
    const path = newSet();
    const cache = newCache();
    const file = join(path, "cat/a.png");
    const other = await plainPng([11, 0, 0]);
    expect(other).toHaveLength(pictures["cat/a.png"].length);
    const { atime, mtime } = statSync(file);
    await read(path, cache);
    writeFileSync(file, other);
    utimesSync(file, atime, mtime);
    const again = await read(path, cache);
    expect(again.decoded).toBe(4);
    expect(again.content.firsts).toEqual([11, 20, 0, 0]);
  });

  it("a picture more, a picture less, another name", async () => {
    const path = newSet();
    const cache = newCache();
    await read(path, cache);
    writeFileSync(join(path, "cat/c.png"), pictures["cat/a.png"]);
    expect((await read(path, cache)).decoded).toBe(5);
    rmSync(join(path, "cat/a.png"));
    expect((await read(path, cache)).content.firsts).toEqual([20, 10, 0, 0]);
    renameSync(join(path, "dog"), join(path, "ant"));
    expect((await read(path, cache)).content.classes).toEqual(["ant", "cat"]);
  });

  it("an archive that was replaced", async () => {
    const path = await writeTar(join(root, "replaced.tar"), pictures);
    const cache = newCache();
    await read(path, cache);
    await writeTar(path, {
      ...pictures,
      "cat/a.png": await plainPng([11, 0, 0]),
    });
    expect((await read(path, cache)).content.firsts[0]).toBe(11);
  });
});

describe("damage to an entry", () => {
  it.each([
    ["cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length - 7)],
    ["emptied", () => Buffer.alloc(0)],
    ["with a pixel changed", (bytes: Buffer) => bytes.fill(99, 5, 6)],
    [
      "with its facts changed",
      (bytes: Buffer) => bytes.fill(99, bytes.length - 60, bytes.length - 59),
    ],
    [
      "with an absurd length",
      (bytes: Buffer) => bytes.fill(0xff, bytes.length - 40, bytes.length - 32),
    ],
    ["replaced by text", () => Buffer.from("text ".repeat(100))],
  ])("%s: it is made anew", async (_, damage) => {
    const cache = newCache();
    const path = newSet();
    const first = await read(path, cache);
    const entry = entryOf(cache);
    const whole = readFileSync(entry);
    writeFileSync(entry, damage(Buffer.from(whole)));
    expect(await read(path, cache)).toEqual(first);
    expect(readFileSync(entryOf(cache))).toEqual(whole);
  });
});

describe("runs that share a cache", () => {
  it("may decode the same at the same time", async () => {
    const cache = newCache();
    const path = newSet();
    const runs = await Promise.all(
      Array.from({ length: 6 }, () => read(path, cache)),
    );
    for (const { content } of runs) expect(content).toEqual(runs[0].content);
    entryOf(cache);
    expect((await read(path, cache)).decoded).toBe(0);
  });

  it.skipIf(process.platform === "win32")(
    "may lose the entry while they read it",
    async () => {
      const cache = newCache();
      const path = newSet();
      await read(path, cache);
      const dataset = await openDataset(path, { imageShape, cacheDir: cache });
      rmSync(entryOf(cache));
      expect((await contentOf(dataset)).firsts).toEqual([10, 20, 0, 0]);
    },
  );
});

describe("runs that do not end well", () => {
  it("leave nothing when they fail or are aborted", async () => {
    const cache = newCache();
    const broken = newSet({ ...pictures, "dog/z.png": Buffer.from("text") });
    await expect(read(broken, cache)).rejects.toThrow(/dog\/z\.png/);
    expect(readdirSync(cache)).toEqual([]);
    const controller = new AbortController();
    await expect(
      read(newSet(), cache, {
        signal: controller.signal,
        onProgress: () => controller.abort(),
      }),
    ).rejects.toMatchObject({ name: "AbortError" });
    expect(readdirSync(cache)).toEqual([]);
  });

  it("leave a part that the next run removes, if it is of a process that is gone", async () => {
    const cache = newCache();
    mkdirSync(cache);
    const gone = spawn(process.execPath, ["-e", ""]);
    await once(gone, "exit");
    const partial = (pid: number | undefined, host = hostname()) =>
      `abc.images.${host}.${pid}.x.partial`;
    const kept = [
      partial(process.pid),
      partial(gone.pid, "elsewhere"),
      "notes.partial",
    ];
    for (const name of [partial(gone.pid), ...kept])
      writeFileSync(join(cache, name), "x");
    await read(newSet(), cache);
    const left = readdirSync(cache).filter((name) => !name.endsWith(".images"));
    expect(left.sort()).toEqual(kept.sort());
  });

  it.skipIf(process.platform === "win32")(
    "leave nothing without a cache, even when killed",
    async () => {
      const temporary = join(root, "temporary");
      mkdirSync(temporary);
      const index = new URL("index.ts", import.meta.url).href;
      const script = `
      const { openDataset } = await import(${JSON.stringify(index)});
      await openDataset(${JSON.stringify(newSet())}, { imageShape: [3, 8, 8] });
      process.stdout.write("open");
      setInterval(() => {}, 1000);`;
      const child = spawn(
        process.execPath,
        ["--input-type=module", "-e", script],
        {
          env: { ...process.env, TMPDIR: temporary },
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      await once(child.stdout, "data");
      child.kill("SIGKILL");
      await once(child, "exit");
      expect(readdirSync(temporary)).toEqual([]);
    },
  );
});

describe("a place that will not do", () => {
  it("a cache that is a file", async () => {
    const path = newSet();
    await expect(read(path, join(path, "cat/a.png"))).rejects.toThrow(
      /a\.png: it cannot be written \(E\w+\)\. Name another --cache/,
    );
    await expect(read(path, join(path, "cat/a.png"))).rejects.toMatchObject({
      code: "storage",
    });
  });

  const hasDisks = canMountTmpfs();
  it.skipIf(!hasDisks)(
    "a disk that is full before, while and after the images are decoded (needs root and mount; skipped elsewhere)",
    async () => {
      const disk = join(root, "disk");
      mkdirSync(disk);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
      try {
        const many = newSet(
          Object.fromEntries(
            Array.from({ length: 300 }, (_, i) => [
              `${i % 2 ? "cat" : "dog"}/${i}.png`,
              pictures["cat/a.png"],
            ]),
          ),
        );
        await expect(
          read(many, disk, { imageShape: [3, 64, 64] }),
        ).rejects.toThrow(
          /disk: the decoded images take 4 MiB, \d MiB are free/,
        );
        const filler = join(disk, "filler");
        const fill = () => {
          const block = Buffer.alloc(2 ** 12);
          try {
            for (;;) writeFileSync(filler, block, { flag: "a" });
          } catch (error) {
            expect(error).toMatchObject({ code: "ENOSPC" });
          }
        };
        const shape = { imageShape: [3, 32, 32] };
        await expect(
          read(many, disk, { ...shape, onProgress: fill }),
        ).rejects.toThrow(
          /the disk is full\. Free some space, or name another --cache/,
        );
        expect(readdirSync(disk)).toEqual(["filler"]);

        // Room for just the pixels, a page of 4 KiB, but not for what belongs to them.
        fill();
        truncateSync(filler, statSync(filler).size - 4096);
        const exact = { imageShape: [1, 32, 32] };
        await expect(read(newSet(), disk, exact)).rejects.toMatchObject({
          code: "storage",
        });
        await expect(read(newSet(), disk, exact)).rejects.toThrow(
          /disk: the disk is full/,
        );
        expect(readdirSync(disk)).toEqual(["filler"]);
      } finally {
        execFileSync("umount", [disk]);
      }
    },
  );
});

function canMountTmpfs(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  try {
    execFileSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}
