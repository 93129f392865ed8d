/** Finds out what format a data set has, and opens it. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { MotifError } from "../motif-error.ts";
import type { Dataset, OpenOptions } from "./dataset.ts";
import { openImageFolder } from "./image-folder.ts";
import { findIdxImages, openIdx } from "./open-idx.ts";

/** @throws MotifError "dataset" when there is nothing at `path`, or nothing that Motif reads */
export async function openDataset(
  path: string,
  options: OpenOptions,
): Promise<Dataset> {
  if (!existsSync(path))
    throw new MotifError(
      "dataset",
      `${path}: there is no such file or folder. Check --dataset.`,
    );
  if (options.cacheDir !== undefined)
    await mkdir(options.cacheDir, { recursive: true });
  const idx = await findIdxImages(path, options.split);
  return idx ? openIdx(idx, options) : openImageFolder(path, options);
}
