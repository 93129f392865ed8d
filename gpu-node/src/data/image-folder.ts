/** A folder of images a class: decoded in a stream, each picture at its place in the data set. */
import { createHash } from "node:crypto";
import type { OpenOptions } from "./dataset.ts";
import type { DecodePlan, KeepImages } from "./decoded-dataset.ts";
import { forEachPicture } from "./each-picture.ts";
import type { FileTree, Listing, TreeFile } from "./file-tree.ts";
import { listPictures, type PictureList } from "./picture-list.ts";
import { newPictureDecoder } from "./picture.ts";

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
  const decodeOne = async (
    file: TreeFile,
    bytes: Uint8Array,
    index: number,
  ) => {
    const digest = createHash("sha256").update(bytes).digest();
    digests.set(digest, index * digestBytes);
    await keep(index, await decode(bytes, `${tree.path}: ${file.path}`));
    done++;
    if (done % progressEvery === 0 || done === pictures.length)
      onProgress?.(done, pictures.length);
  };

  await forEachPicture(tree, places, decodeOne, signal);

  const digest = createHash("sha256");
  pictures.forEach(({ path }, index) => {
    digest.update(`${path.slice(prefix.length)}\0`);
    digest.update(
      digests.subarray(index * digestBytes, (index + 1) * digestBytes),
    );
  });
  return { classes, labels, digest: digest.digest("hex") };
}
