/** The size of a data set's images, where its files say so: to train on it before there is a model that asks for one. */
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { readUnzipped } from "./bounded-gunzip.ts";
import { cifarShape, isCifarBatch } from "./cifar-format.ts";
import { findIdxImages } from "./idx-files.ts";
import { parseIdxHeader } from "./idx.ts";

const headerBytes = 16;

/**
 * @returns [C, H, W], or null where images may be of any size (folders of pictures) or there is no such data set
 * @throws MotifError "dataset" when the header of the images' file is damaged, or the split is not there
 */
export async function findImageShape(
  path: string,
  split?: string,
): Promise<readonly [number, number, number] | null> {
  if (!existsSync(path)) return null;
  const imagesPath = await findIdxImages(path, split);
  if (imagesPath === null) return (await holdsCifar(path)) ? cifarShape : null;
  const header = parseIdxHeader(await readHeader(imagesPath), imagesPath);
  const [, height, width] = header.dimensions;
  return height === undefined || width === undefined
    ? null
    : [1, height, width];
}

async function readHeader(path: string): Promise<Uint8Array> {
  let start = Buffer.alloc(0);
  for await (const chunk of readUnzipped(path)) {
    start = Buffer.concat([start, chunk]);
    if (start.length >= headerBytes) break;
  }
  return start.subarray(0, headerBytes);
}

async function holdsCifar(path: string): Promise<boolean> {
  const isFolder = (await stat(path)).isDirectory();
  return isFolder
    ? (await readdir(path)).some(isCifarBatch)
    : isCifarBatch(path);
}
