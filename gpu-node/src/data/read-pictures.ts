/** Some pictures of a folder or archive, small: to look at, without what a model would ask of them. */
import { realpath } from "node:fs/promises";
import { forEachPicture } from "./each-picture.ts";
import { explainIoError } from "./io-error.ts";
import { openTree } from "./open-dataset.ts";
import { listPictures } from "./picture-list.ts";
import { decodeSmall, type SmallPicture } from "./picture.ts";

/**
 * Reads one pass over an archive, and of a folder only what is asked for.
 * @param path of a data set whose outline says `image-folder`
 * @param indices in the data set's order, each once
 * @returns in the order asked; squares
 * @throws MotifError "dataset" naming the picture that is wrong; the signal's reason when aborted
 */
export async function readPictures(
  path: string,
  indices: readonly number[],
  mostSide: number,
  { split, signal }: { readonly split?: string; readonly signal?: AbortSignal },
): Promise<readonly SmallPicture[]> {
  try {
    const tree = await openTree(await realpath(path), signal);
    const listing = await tree.list(signal);
    const { pictures } = listPictures(tree.path, listing, split);
    const places = new Map(
      indices.map((index, place) => [pictures[index].path, place]),
    );
    const read = new Array<SmallPicture>(indices.length);
    await forEachPicture(
      tree,
      places,
      async (file, bytes, place) => {
        const name = `${tree.path}: ${file.path}`;
        read[place] = await decodeSmall(bytes, mostSide, name);
      },
      signal,
    );
    return read;
  } catch (cause) {
    throw explainIoError(path, cause);
  }
}
