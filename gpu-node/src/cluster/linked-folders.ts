/**
 * Folders in which cached artifacts lie under the names that readers expect, as hard links: a data set of several files, a model
 * with its manifest beside it. Made again at need, so nothing of them has to survive the process.
 */
import { link, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isMissing, storageError } from "./durable-file.ts";

export interface LinkedFile {
  readonly name: string;
  readonly sha256: string;
  /** In the cache, in use for as long as the folder is made. */
  readonly path: string;
}

export interface LinkedFolders {
  /**
   * @param key the same for the same content; names the folder
   * @param texts further small files, by name
   * @returns the folder's path
   * @throws MotifError "storage"
   */
  make(
    key: string,
    links: readonly LinkedFile[],
    texts: Readonly<Record<string, string>>,
  ): Promise<string>;
  /** Removes the folders that link an artifact, so that it really leaves the disk. */
  removeWith(sha256: string): Promise<void>;
}

/** @throws MotifError "storage" when the folder cannot be emptied */
export async function openLinkedFolders(
  directory: string,
): Promise<LinkedFolders> {
  const folders = new Map<
    string,
    { readonly links: readonly LinkedFile[]; readonly made: Promise<string> }
  >();
  try {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw storageError(directory, "be emptied", cause);
  }

  const write = async (
    path: string,
    links: readonly LinkedFile[],
    texts: Readonly<Record<string, string>>,
  ) => {
    const unfinished = `${path}.tmp`;
    try {
      await mkdir(unfinished);
      for (const file of links)
        await link(file.path, join(unfinished, file.name));
      for (const [name, text] of Object.entries(texts))
        await writeFile(join(unfinished, name), text);
      await rename(unfinished, path);
      return path;
    } catch (cause) {
      await rm(unfinished, { recursive: true, force: true });
      throw storageError(path, "be written", cause);
    }
  };

  return {
    async make(key, links, texts) {
      const known = folders.get(key);
      if (known) return known.made;
      const made = write(join(directory, key), links, texts);
      folders.set(key, { links, made });
      try {
        return await made;
      } catch (error) {
        folders.delete(key);
        throw error;
      }
    },
    async removeWith(sha256) {
      for (const [key, { links, made }] of folders) {
        if (!links.some((file) => file.sha256 === sha256)) continue;
        folders.delete(key);
        const path = await made.catch(() => null);
        if (path !== null) await remove(path);
      }
    },
  };
}

/** Renamed first: a folder of the same name can be made while this one goes. */
async function remove(path: string): Promise<void> {
  const leaving = `${path}.${Date.now()}.tmp`;
  try {
    await rename(path, leaving);
    await rm(leaving, { recursive: true, force: true });
  } catch (error) {
    if (!isMissing(error)) throw storageError(path, "be removed", error);
  }
}
