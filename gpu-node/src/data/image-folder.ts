/** A folder of images a class: decoded in a stream, several pictures at a time, each at its place in the data set. */
import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { MotifError } from "../motif-error.ts";
import type { OpenOptions } from "./dataset.ts";
import type { DecodePlan, KeepImages } from "./decoded-dataset.ts";
import type { FileTree, Listing, TreeFile } from "./file-tree.ts";
import { listPictures, type PictureList } from "./picture-list.ts";
import { newPictureDecoder } from "./picture.ts";

/** Pictures decoded at a time: one more than cores, for the reading. Each may take 200 MB. */
const concurrency = Math.min(5, availableParallelism() + 1);
const progressEvery = 100;
const digestBytes = 32;

/** @throws MotifError "dataset" naming the file that is wrong, and the mend */
export function planImageFolder(
  tree: FileTree,
  listing: Listing,
  options: OpenOptions,
): DecodePlan {
  const list = listPictures(tree.path, listing, options.split);
  return {
    count: list.pictures.length,
    decode: (keep) => decodePictures(tree, list, options, keep),
  };
}

async function decodePictures(
  tree: FileTree,
  { pictures, classes, labels, prefix }: PictureList,
  { imageShape, signal, onProgress }: OpenOptions,
  keep: KeepImages,
) {
  const places = new Map(pictures.map(({ path }, index) => [path, index]));
  const digests = new Uint8Array(pictures.length * digestBytes);
  const decode = newPictureDecoder(imageShape);
  let done = 0;
  const decodeOne = async (file: TreeFile, bytes: Uint8Array) => {
    const index = places.get(file.path)!;
    const digest = createHash("sha256").update(bytes).digest();
    digests.set(digest, index * digestBytes);
    await keep(index, await decode(bytes, `${tree.path}: ${file.path}`));
    done++;
    if (done % progressEvery === 0 || done === pictures.length)
      onProgress?.(done, pictures.length);
  };

  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  try {
    let seen = 0;
    for await (const file of tree.read((path) => places.has(path), signal)) {
      const bytes = await file.bytes();
      while (running.size >= concurrency) await Promise.race(running);
      if (failure) break;
      const work: Promise<void> = decodeOne(file, bytes)
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => running.delete(work));
      running.add(work);
      if (++seen === pictures.length) break;
    }
    await Promise.all(running);
    if (failure) throw failure.error;
    if (done !== pictures.length)
      throw new MotifError(
        "dataset",
        `${tree.path}: ${pictures.length} images were listed, ${done} read. Was it changed meanwhile? Run again.`,
      );
  } finally {
    await Promise.all(running);
  }

  const digest = createHash("sha256");
  pictures.forEach(({ path }, index) => {
    digest.update(`${path.slice(prefix.length)}\0`);
    digest.update(
      digests.subarray(index * digestBytes, (index + 1) * digestBytes),
    );
  });
  return { classes, labels, digest: digest.digest("hex") };
}
