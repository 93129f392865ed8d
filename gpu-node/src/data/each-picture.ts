/** Reads pictures of a folder or archive in one pass, and has several worked on at a time. */
import { availableParallelism } from "node:os";
import { MotifError } from "../motif-error.ts";
import type { FileTree, TreeFile } from "./file-tree.ts";

/** Pictures decoded at a time: one more than cores, for the reading. Each may take 200 MB. */
const concurrency = Math.min(5, availableParallelism() + 1);

/**
 * @param places of the pictures wanted, by path
 * @throws MotifError "dataset" when one of them is not there any more; what `work` throws
 */
export async function forEachPicture(
  tree: FileTree,
  places: ReadonlyMap<string, number>,
  work: (file: TreeFile, bytes: Uint8Array, place: number) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  let seen = 0;
  try {
    if (places.size === 0) return;
    for await (const file of tree.read((path) => places.has(path), signal)) {
      const bytes = await file.bytes();
      while (running.size >= concurrency) await Promise.race(running);
      if (failure) break;
      const one: Promise<void> = work(file, bytes, places.get(file.path)!)
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => running.delete(one));
      running.add(one);
      if (++seen === places.size) break;
    }
  } finally {
    await Promise.all(running);
  }
  if (failure) throw failure.error;
  if (seen !== places.size)
    throw new MotifError(
      "dataset",
      `${tree.path}: ${places.size} images were listed, ${seen} read. Was it changed meanwhile? Run again.`,
    );
}
