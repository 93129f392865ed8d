/** Finds out what format a data set has, and opens it. */
import { realpath, stat } from "node:fs/promises";
import { basename } from "node:path";
import { MotifError } from "../motif-error.ts";
import { openArchive } from "./archive.ts";
import { isGzip, readStart } from "./bounded-gunzip.ts";
import { isCifarBatch, isCifarFile } from "./cifar-format.ts";
import type { Dataset, OpenOptions } from "./dataset.ts";
import { openDecoded } from "./decoded-dataset.ts";
import type { FileTree, ListedFile, Listing } from "./file-tree.ts";
import { openFolder } from "./folder-files.ts";
import { findIdxImages } from "./idx-files.ts";
import { planImageFolder } from "./image-folder.ts";
import { explainIoError } from "./io-error.ts";
import { openCifarFile, planCifar, planCifarFile } from "./open-cifar.ts";
import { openIdx } from "./open-idx.ts";
import { checkPictureSize, isPicture } from "./picture-list.ts";

const archiveName = /\.(tar|tar\.gz|tgz)$/i;

/**
 * @throws MotifError "dataset" when there is nothing at `path`, or nothing that Motif reads; "storage" when decoded images
 * find no room; the signal's reason when aborted
 */
export async function openDataset(
  path: string,
  options: OpenOptions,
): Promise<Dataset> {
  const [channels] = options.imageShape;
  if (channels !== 1 && channels !== 3)
    throw new MotifError(
      "dataset",
      `the model takes ${channels} channels, Motif reads grey (1) and colour (3) images. Use a model of these.`,
    );
  try {
    return await openKind(await realpath(path), options);
  } catch (cause) {
    throw explainIoError(path, cause);
  }
}

async function openKind(path: string, options: OpenOptions): Promise<Dataset> {
  const idx = await findIdxImages(path, options.split);
  if (idx !== null) return openIdx(idx, options);
  const name = basename(path).replace(/\.(tar|tar\.gz|tgz|bin)$/i, "");
  if (/\.bin$/i.test(path) && (await stat(path)).isFile()) {
    const tree = openCifarFile(path);
    return openDecoded(
      {
        path,
        name,
        identity: tree.identity,
        plan: async () => planCifarFile(tree, path, options),
      },
      options,
    );
  }
  const tree = await openTree(path, options.signal);
  return openDecoded(
    {
      path,
      name,
      identity: tree.identity,
      async plan() {
        const listing = await tree.list(options.signal);
        return holdsCifar(listing)
          ? planCifar(tree, listing, options)
          : planImageFolder(tree, listing, options);
      },
    },
    options,
  );
}

/** Whether files in CIFAR's format are what a folder or archive is about. */
export function holdsCifar({ files }: Listing): boolean {
  return (
    files.some((file) => isCifarBatch(file.path)) &&
    !files.some((file) => isPicture(file.path))
  );
}

/** A folder or archive. @throws MotifError "dataset" when it is neither */
export async function openTree(
  path: string,
  signal?: AbortSignal,
): Promise<FileTree> {
  const rules = {
    isInteresting: (file: string) => isPicture(file) || isCifarFile(file),
    check(file: ListedFile) {
      if (isPicture(file.path))
        checkPictureSize(`${path}: ${file.path}`, file.size);
    },
  };
  if ((await stat(path)).isDirectory()) return openFolder(path, rules, signal);
  const isArchive =
    archiveName.test(path) && ((await isGzip(path)) || (await isTar(path)));
  if (isArchive) return openArchive(path, rules);
  throw new MotifError(
    "dataset",
    archiveName.test(path)
      ? `${path}: its content is neither gzip nor tar. It is damaged or misnamed: fetch or pack it again.`
      : `${path}: Motif does not read such a file. It reads IDX files (…images-idx3-ubyte, .gz too), CIFAR's binary files, ` +
          "and a folder of images a class (JPEG, PNG, WebP, GIF, TIFF), plain or as .tar, .tar.gz or .tgz.",
  );
}

/** By the magic number of its first header (POSIX.1, "ustar interchange format"). */
async function isTar(path: string): Promise<boolean> {
  const start = await readStart(path, 262);
  return Buffer.from(start.subarray(257)).toString("latin1") === "ustar";
}
