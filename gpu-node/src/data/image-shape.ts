/** The size of a data set's images, where its files say so: to train on it before there is a model that asks for one. */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { parseIdxHeader } from "./idx.ts";
import { findIdxImages } from "./open-idx.ts";

const headerBytes = 16;

/**
 * @returns [C, H, W], or null where images may be of any size (folders of pictures) or there is no such data set
 * @throws MotifError "dataset" when the header of the images' file is damaged, or the split is not there
 */
export async function findImageShape(
  path: string,
  split: string,
): Promise<readonly [number, number, number] | null> {
  let imagesPath: string | null;
  try {
    imagesPath = await findIdxImages(path, split);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  if (imagesPath === null) return null;
  const header = parseIdxHeader(await readStart(imagesPath), imagesPath);
  const [, height, width] = header.dimensions;
  return height === undefined || width === undefined
    ? null
    : [1, height, width];
}

async function readStart(path: string): Promise<Uint8Array> {
  const file = createReadStream(path, { end: 64 * 1024 });
  const bytes = path.endsWith(".gz") ? file.pipe(createGunzip()) : file;
  let start = Buffer.alloc(0);
  try {
    for await (const chunk of bytes) {
      start = Buffer.concat([start, chunk as Buffer]);
      if (start.length >= headerBytes) break;
    }
  } catch {
    // Cut off or no gzip: what there is of a header is judged by its parser.
  } finally {
    file.destroy();
  }
  return start.subarray(0, headerBytes);
}
