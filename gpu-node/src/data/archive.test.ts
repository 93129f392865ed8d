/** Archives that were made to do harm, or were damaged on the way. */
import { createWriteStream, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import {
  contentOf,
  newFolder,
  packTar,
  twoClasses,
  type TarEntry,
} from "./check-dataset.ts";
import { openDataset } from "./index.ts";

const imageShape = [3, 8, 8] as const;
const root = newFolder();
let good: TarEntry[];
beforeAll(async () => {
  good = Object.entries(await twoClasses()).map(([name, content]) => ({
    name,
    content,
  }));
});

let count = 0;
function write(bytes: Uint8Array, ending = "tar"): string {
  const path = join(root, `archive${count++}.${ending}`);
  writeFileSync(path, bytes);
  return path;
}
const open = (path: string) => openDataset(path, { imageShape });
const openWith = async (...more: TarEntry[]) =>
  open(write(await packTar([...good, ...more])));

/** A tar header of 512 bytes, as POSIX.1 has it. */
function header(name: string, size: number, type = "0"): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.write(name);
  bytes.write("0000644\0", 100);
  bytes.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  bytes.write("00000000000\0        ", 136);
  bytes.write(type, 156);
  bytes.write("ustar\x0000", 257, "latin1");
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return bytes;
}

describe("entries that are refused by name", () => {
  it.each([
    ["../evil.png", /the entry "\.\.\/evil\.png" points out of the archive/],
    ["cat/../../evil.png", /points out of the archive/],
    ["cat\\..\\..\\evil.png", /points out of the archive/],
    ["/etc/evil.png", /the entry "\/etc\/evil\.png" has an absolute name/],
    ["C:\\evil.png", /has an absolute name/],
    ["\\\\server\\evil.png", /has an absolute name/],
    ["../evil.txt", /points out of the archive/],
  ])("%s", async (name, message) => {
    await expect(openWith({ name, content: "x" })).rejects.toThrow(message);
    await expect(openWith({ name, content: "x" })).rejects.toThrow(
      /archive\d+\.tar: .*pack the folder again/,
    );
  });

  it.each(["symlink", "link"] as const)(
    "a %s that is called a picture",
    async (type) => {
      await expect(
        openWith({ name: "cat/z.png", type, linkname: "/etc/passwd" }),
      ).rejects.toThrow(/the entry "cat\/z\.png" is a link/);
    },
  );

  it("the same name twice", async () => {
    await expect(openWith(good[0])).rejects.toThrow(
      /the entry "cat\/a\.png" is there twice/,
    );
    await expect(
      openWith({ ...good[0], name: "./cat//a.png" }),
    ).rejects.toThrow(/is there twice/);
  });

  it("a name longer than any file system takes", async () => {
    await expect(
      openWith({ name: `cat/${"x".repeat(5000)}.png`, content: "x" }),
    ).rejects.toThrow(/has a name of 5008 characters/);
  });
});

it("passes over links, devices and pipes that are no pictures", async () => {
  const dataset = await openWith(
    { name: "passwd", type: "symlink", linkname: "/etc/passwd" },
    { name: "null", type: "character-device" },
    { name: "pipe.png", type: "fifo" },
  );
  expect((await contentOf(dataset)).labels).toEqual([0, 0, 1, 1]);
});

describe("damage", () => {
  it("a .tar cut off within an entry, and within a header", async () => {
    const bytes = await packTar(good);
    for (const length of [512 + 40, 1024 + 300])
      await expect(open(write(bytes.subarray(0, length)))).rejects.toThrow(
        /archive\d+\.tar: the archive cannot be read .*was cut off/,
      );
  });

  it("a .tar cut off between two entries", async () => {
    const bytes = await packTar(good);
    const third = bytes.indexOf("dog/a.png");
    expect(third % 512).toBe(0);
    await expect(open(write(bytes.subarray(0, third)))).rejects.toThrow(
      /the archive cannot be read \(its end mark is missing\)/,
    );
  });

  it("a .tar.gz cut off anywhere", async () => {
    const bytes = gzipSync(await packTar(good));
    for (const share of [0.2, 0.6, 0.95])
      await expect(
        open(write(bytes.subarray(0, share * bytes.length), "tar.gz")),
      ).rejects.toThrow(/archive\d+\.tar\.gz: it cannot be unzipped .*cut off/);
  });

  it("a flipped byte in a .tar.gz, and in a header of a .tar", async () => {
    const zipped = gzipSync(await packTar(good));
    zipped[Math.floor(zipped.length / 2)] ^= 0xff;
    await expect(open(write(zipped, "tar.gz"))).rejects.toThrow(
      /archive\d+\.tar\.gz: /,
    );
    const plain = await packTar(good);
    plain[1030] ^= 1;
    await expect(open(write(plain))).rejects.toThrow(
      /the archive cannot be read \(Invalid tar header/,
    );
  });

  it.each(["tar", "tar.gz", "tgz"])("text called .%s", async (ending) => {
    await expect(
      open(write(Buffer.from("no archive at all".repeat(100)), ending)),
    ).rejects.toThrow(/its content is neither gzip nor tar/);
  });

  it("nothing at all", async () => {
    await expect(open(write(Buffer.alloc(0)))).rejects.toThrow(
      /its content is neither gzip nor tar/,
    );
    await expect(open(write(gzipSync(""), "tar.gz"))).rejects.toThrow(
      /no images/,
    );
  });

  it("but not a .tar that is called .tar.gz", async () => {
    const dataset = await open(write(await packTar(good), "tar.gz"));
    expect((await contentOf(dataset)).classes).toEqual(["cat", "dog"]);
  });
});

describe("attacks on memory, disk and time", () => {
  /** A .tar.gz of `start` and `mebibytes` of zeros. */
  async function writeBomb(
    start: Uint8Array,
    mebibytes: number,
  ): Promise<string> {
    const path = join(root, `bomb${count++}.tar.gz`);
    const zeros = Buffer.alloc(2 ** 20);
    const content = function* () {
      yield start;
      for (let i = 0; i < mebibytes; i++) yield zeros;
    };
    await pipeline(
      Readable.from(content()),
      createGzip({ level: 1 }),
      createWriteStream(path),
    );
    return path;
  }

  it("zeros that expand enormously, as the end of an archive or as a file in it", async () => {
    const notes = header("notes.bin", 300 * 2 ** 20);
    for (const start of [await packTar(good), notes])
      await expect(open(await writeBomb(start, 300))).rejects.toThrow(
        /bomb\d+\.tar\.gz: it expands more than 200 times, as a decompression bomb does/,
      );
  });

  it("a picture of many gigabytes, refused by its header", async () => {
    const entry = header("cat/z.png", 7 * 2 ** 30);
    const path = write(
      Buffer.concat([
        await packTar(good).then((tar) => tar.subarray(0, -1024)),
        entry,
        Buffer.alloc(1024),
      ]),
    );
    truncateSync(path, 9 * 2 ** 30); // A sparse file: it takes no room.
    const memory = process.memoryUsage().rss;
    const opening = open(path);
    await expect(opening).rejects.toThrow(
      /cat\/z\.png: 7516192768 bytes are too many for a picture/,
    );
    expect(process.memoryUsage().rss - memory).toBeLessThan(256 * 2 ** 20);
  });

  it("hundreds of thousands of empty entries that are no pictures, in bounded memory", async () => {
    const path = join(root, "empty.tar.gz");
    const block = Buffer.concat(
      Array.from({ length: 1000 }, (_, i) => header(`cat/${i}.txt`, 0)),
    );
    const content = function* () {
      for (let i = 0; i < 300; i++) yield block;
      yield Buffer.alloc(1024);
    };
    await pipeline(
      Readable.from(content()),
      createGzip({ level: 1 }),
      createWriteStream(path),
    );
    const memory = process.memoryUsage().rss;
    await expect(open(path)).rejects.toThrow(/empty\.tar\.gz: no images/);
    expect(process.memoryUsage().rss - memory).toBeLessThan(256 * 2 ** 20);
  });

  it("an empty picture, before anything is decoded", async () => {
    await expect(openWith({ name: "cat/z.png" })).rejects.toThrow(
      /cat\/z\.png: the file is empty/,
    );
  });

  it("an extended header of more than 4 MiB", async () => {
    const bytes = Buffer.concat([
      header("x", 2 ** 30, "x"),
      Buffer.alloc(2 ** 20),
    ]);
    await expect(open(write(bytes))).rejects.toThrow(
      /the archive cannot be read/,
    );
  });
});
