/** Data sets made for tests, in folders that go with the test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { pack, type Header } from "tar-stream";
import { afterAll } from "vitest";
import type { Dataset } from "./dataset.ts";

export type Files = Readonly<Record<string, Uint8Array | string>>;

/** A folder that is removed after the tests of this file. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "motif-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function writeFiles(folder: string, files: Files): string {
  mkdirSync(folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

export type TarEntry = Partial<Header> & {
  readonly name: string;
  readonly content?: Uint8Array | string;
};

export async function packTar(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content = "", ...header } of entries)
    archive.entry(header, Buffer.from(content));
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Files as .tar, or as .tar.gz where the name ends so. */
export async function writeTar(path: string, files: Files): Promise<string> {
  const tar = await packTar(
    Object.entries(files).map(([name, content]) => ({ name, content })),
  );
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, path.endsWith("gz") ? gzipSync(tar) : tar);
  return path;
}

/** One colour all over, as PNG. */
export function plainPng(
  color: readonly [number, number, number],
  width = 8,
  height = width,
): Promise<Buffer> {
  const [r, g, b] = color;
  return sharp({
    create: { width, height, channels: 3, background: { r, g, b } },
  })
    .png()
    .toBuffer();
}

/** Two classes of two pictures. */
export async function twoClasses(): Promise<Record<string, Buffer>> {
  return {
    "cat/a.png": await plainPng([10, 0, 0]),
    "cat/b.png": await plainPng([20, 0, 0]),
    "dog/a.png": await plainPng([0, 30, 0]),
    "dog/b.png": await plainPng([0, 40, 0]),
  };
}

/** All that a data set holds; closes it. */
export async function contentOf(dataset: Dataset) {
  const one = dataset.imageShape.reduce((product, size) => product * size, 1);
  const pixels = new Uint8Array(dataset.labels.length * one);
  try {
    await dataset.read(
      Array.from(dataset.labels, (_, index) => index),
      pixels,
    );
  } finally {
    await dataset.close();
  }
  const { classes, digest } = dataset;
  return {
    classes,
    digest,
    labels: [...dataset.labels],
    /** First value of each image: of channel R, top left. */
    firsts: Array.from(dataset.labels, (_, index) => pixels[index * one]),
    pixels: Buffer.from(pixels),
  };
}
