/** CIFAR-10 and CIFAR-100 in their binary format, from a folder, an archive or a single file. */
import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { MotifError } from "../motif-error.ts";
import {
  chooseCifarFiles,
  cifarNamesFiles,
  cifarPixels,
  cifarShape,
  parseClassNames,
  recogniseCifarFile,
  recordBytes,
  type CifarFiles,
} from "./cifar-format.ts";
import type { OpenOptions } from "./dataset.ts";
import type { DecodePlan, KeepImages } from "./decoded-dataset.ts";
import type { FileTree, Listing, TreeFile } from "./file-tree.ts";
import { openFiles } from "./folder-files.ts";
import { bringToShape } from "./picture.ts";
import { cutIntoRecords } from "./record-file.ts";

const largestNamesBytes = 2 ** 20;

/** A .bin file and the class names that lie beside it. */
export function openCifarFile(path: string): FileTree {
  const root = dirname(path);
  return openFiles(root, [
    basename(path),
    ...cifarNamesFiles.filter((name) => existsSync(join(root, name))),
  ]);
}

/** @throws MotifError "dataset" */
export function planCifarFile(
  tree: FileTree,
  path: string,
  options: OpenOptions,
): DecodePlan {
  if (options.split !== undefined)
    throw new MotifError(
      "dataset",
      `${path}: a single file has no splits. Leave --split away.`,
    );
  const name = basename(path);
  const chosen = recogniseCifarFile(path, {
    path: name,
    size: statSync(path).size,
  });
  const names = chosen.kind.namesFile;
  return planFiles(
    tree,
    {
      ...chosen,
      namesPath: existsSync(join(dirname(path), names)) ? names : null,
    },
    options,
  );
}

/** @throws MotifError "dataset" */
export function planCifar(
  tree: FileTree,
  { files }: Listing,
  options: OpenOptions,
): DecodePlan {
  return planFiles(
    tree,
    chooseCifarFiles(tree.path, files, options.split),
    options,
  );
}

function planFiles(
  tree: FileTree,
  files: CifarFiles,
  options: OpenOptions,
): DecodePlan {
  const count = files.batches.reduce((sum, batch) => sum + batch.count, 0);
  return {
    count,
    decode: (keep) => decodeBatches(tree, files, count, options, keep),
  };
}

async function decodeBatches(
  tree: FileTree,
  { kind, batches, namesPath }: CifarFiles,
  count: number,
  { imageShape, signal, onProgress }: OpenOptions,
  keep: KeepImages,
) {
  const labels = new Uint16Array(count);
  const digests = new Map<string, Buffer>();
  let classes = Array.from({ length: kind.numClasses }, (_, i) => String(i));
  let done = 0;
  const decodeBatch = async (file: TreeFile, start: number) => {
    const place = `${tree.path}: ${file.path}`;
    const hash = createHash("sha256");
    const stride = recordBytes(kind);
    let index = start;
    for await (const block of cutIntoRecords(file.chunks(), stride, place)) {
      signal?.throwIfAborted();
      hash.update(block);
      const n = block.length / stride;
      const images: Uint8Array[] = [];
      for (let i = 0; i < n; i++) {
        const pixelsAt = i * stride + kind.labelBytes;
        const label = block[pixelsAt - 1];
        if (label >= kind.numClasses)
          throw new MotifError(
            "dataset",
            `${place}: image ${index - start + i} has label ${label}, ${kind.name} has the classes 0 to ${kind.numClasses - 1}. It is damaged or another file: fetch it again.`,
          );
        labels[index + i] = label;
        images.push(
          await bringToShape(
            block.subarray(pixelsAt, pixelsAt + cifarPixels),
            cifarShape,
            imageShape,
            place,
          ),
        );
      }
      await keep(index, Buffer.concat(images));
      index += n;
      done += n;
      onProgress?.(done, count);
    }
    digests.set(file.path, hash.digest());
  };

  const starts = new Map<string, number>();
  let start = 0;
  for (const { path, count } of batches) {
    starts.set(path, start);
    start += count;
  }
  const isWanted = (path: string) => path === namesPath || starts.has(path);
  for await (const file of tree.read(isWanted, signal)) {
    if (file.path !== namesPath) {
      await decodeBatch(file, starts.get(file.path)!);
      continue;
    }
    const place = `${tree.path}: ${file.path}`;
    if (file.size > largestNamesBytes)
      throw new MotifError(
        "dataset",
        `${place}: ${file.size} bytes are too many for class names. Fetch it again.`,
      );
    const text = Buffer.from(await file.bytes()).toString("utf8");
    classes = parseClassNames(place, text, kind);
  }
  if (done !== count)
    throw new MotifError(
      "dataset",
      `${tree.path}: ${count} images were promised, ${done} read. Was it changed meanwhile? Run again.`,
    );
  const digest = createHash("sha256");
  for (const { path } of batches) digest.update(digests.get(path)!);
  return { classes, labels, digest: digest.digest("hex") };
}
