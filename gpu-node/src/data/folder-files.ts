/** Files in a plain folder. Links are not followed: what a data set holds should lie in it. */
import { createHash } from "node:crypto";
import { createReadStream, lstatSync, statSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { MotifError } from "../motif-error.ts";
import {
  isHidden,
  type ListingRules,
  mostFolders,
  type FileTree,
  type ListedFile,
} from "./file-tree.ts";
import { explainIoError } from "./io-error.ts";

/**
 * Lists `root` at once.
 * @throws MotifError "dataset" naming a link, or what may not be read
 */
export async function openFolder(
  root: string,
  rules: ListingRules,
  signal?: AbortSignal,
): Promise<FileTree> {
  const files: (ListedFile & { readonly facts: string })[] = [];
  const folders: string[] = [];
  const identity = createHash("sha256").update(root);
  const waiting = [""];
  for (let folder; (folder = waiting.pop()) !== undefined;) {
    signal?.throwIfAborted();
    let entries;
    try {
      entries = await readdir(join(root, folder), { withFileTypes: true });
    } catch (cause) {
      throw explainIoError(join(root, folder), cause);
    }
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (isHidden(entry.name)) continue;
      if (entry.isDirectory()) {
        folders.push(path);
        waiting.push(path);
        if (folders.length > mostFolders)
          throw new MotifError(
            "dataset",
            `${root}: more than ${mostFolders} folders. Keep one folder a class.`,
          );
        continue;
      }
      if (
        entry.isSymbolicLink() &&
        (rules.isInteresting(path) || isFolder(root, path))
      )
        throw new MotifError(
          "dataset",
          `${join(root, path)}: it is a link, and links are not followed. Put the files themselves there.`,
        );
      if (!rules.isInteresting(path)) continue;
      // Without waiting: a call a file, and millions of files.
      const facts = lstatSync(join(root, path), { bigint: true });
      if (!facts.isFile())
        throw new MotifError(
          "dataset",
          `${join(root, path)}: it is no regular file. Remove it.`,
        );
      const { size, mtimeNs, ctimeNs, ino } = facts;
      const file = { path, size: Number(size) };
      rules.check(file);
      files.push({ ...file, facts: `${size} ${mtimeNs} ${ctimeNs} ${ino}` });
    }
  }
  const byPath = (a: ListedFile, b: ListedFile) =>
    a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
  files.sort(byPath);
  for (const { path, facts } of files) identity.update(`\0${path}\0${facts}`);
  return treeOf(root, identity.digest("hex"), files, folders);
}

/** Just the files `names` of `root`, without looking at what else is there. */
export function openFiles(root: string, names: readonly string[]): FileTree {
  const identity = createHash("sha256").update(root);
  const files = names.map((path) => {
    const { size, mtimeNs, ctimeNs, ino } = statSync(join(root, path), {
      bigint: true,
    });
    identity.update(`\0${path}\0${size} ${mtimeNs} ${ctimeNs} ${ino}`);
    return { path, size: Number(size) };
  });
  return treeOf(root, identity.digest("hex"), files, []);
}

function treeOf(
  root: string,
  identity: string,
  files: readonly ListedFile[],
  folders: readonly string[],
): FileTree {
  return {
    path: root,
    identity,
    list: async () => ({ files, folders }),
    async *read(isWanted, signal) {
      for (const file of files) {
        signal?.throwIfAborted();
        if (!isWanted(file.path)) continue;
        const place = join(root, file.path);
        yield {
          path: file.path,
          size: file.size,
          bytes: () =>
            readFile(place).catch((cause: unknown) => {
              throw explainIoError(place, cause);
            }),
          chunks: () => createReadStream(place, { highWaterMark: 2 ** 18 }),
        };
      }
    },
  };
}

function isFolder(root: string, path: string): boolean {
  try {
    return statSync(join(root, path)).isDirectory();
  } catch {
    return false; // It leads nowhere, or to a file.
  }
}
