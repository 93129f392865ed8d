/** Files in a .tar or .tar.gz, as a stream: nothing is ever unpacked to disk under a name of the archive's choosing. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { extract, type Header } from "tar-stream";
import { MotifError } from "../motif-error.ts";
import { readUnzipped } from "./bounded-gunzip.ts";
import {
  isHidden,
  type ListingRules,
  mostFolders,
  safeEntryName,
  type FileTree,
  type ListedFile,
} from "./file-tree.ts";

/**
 * @throws MotifError "dataset"
 */
export async function openArchive(
  path: string,
  rules: ListingRules,
): Promise<FileTree> {
  const { size, mtimeNs, ctimeNs, ino, dev } = await stat(path, {
    bigint: true,
  });
  return {
    path,
    identity: createHash("sha256")
      .update([path, size, mtimeNs, ctimeNs, ino, dev].join("\0"))
      .digest("hex"),
    async list(signal) {
      const files: ListedFile[] = [];
      const folders = new Set<string>();
      const seen = new Set<string>();
      for await (const { name, kind, size } of readEntries(path, signal)) {
        if (kind === "folder") {
          folders.add(name);
          if (folders.size > mostFolders)
            throw new MotifError(
              "dataset",
              `${path}: more than ${mostFolders} folders. Pack one folder a class.`,
            );
          continue;
        }
        if (kind === "other" || !rules.isInteresting(name)) continue;
        if (kind === "link")
          throw new MotifError(
            "dataset",
            `${path}: the entry "${name}" is a link. Pack the files themselves (tar --dereference --hard-dereference).`,
          );
        if (seen.has(name))
          throw new MotifError(
            "dataset",
            `${path}: the entry "${name}" is there twice. Which one is meant? Pack the folder again.`,
          );
        seen.add(name);
        const file = { path: name, size };
        rules.check(file);
        files.push(file);
      }
      return { files, folders: [...folders] };
    },
    async *read(isWanted, signal) {
      for await (const { name, kind, size, body } of readEntries(path, signal))
        if (kind === "file" && isWanted(name))
          yield {
            path: name,
            size,
            chunks: () => body,
            async bytes() {
              const chunks: Uint8Array[] = [];
              for await (const chunk of body) chunks.push(chunk);
              return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
            },
          };
    },
  };
}

/** Tar's unit; an archive ends with blocks of zeros (POSIX.1). */
const blockBytes = 512;

interface ArchiveEntry {
  readonly name: string;
  readonly kind: "file" | "folder" | "link" | "other";
  readonly size: number;
  /** Passed over where it is not read. */
  readonly body: AsyncIterable<Uint8Array>;
}

async function* readEntries(
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<ArchiveEntry> {
  const archive = extract();
  const feeding = feed(archive, readUnzipped(path, signal));
  feeding.catch((error: Error) => archive.destroy(error));
  try {
    for await (const entry of archive) {
      const name = safeEntryName(path, entry.header.name);
      if (name === "" || isHidden(name)) {
        entry.resume();
        continue;
      }
      yield {
        name,
        kind: kindOf(entry.header.type),
        size: entry.header.size,
        body: entry as unknown as AsyncIterable<Uint8Array>,
      };
      entry.resume();
    }
    await feeding;
  } catch (cause) {
    if (cause instanceof MotifError) throw cause;
    signal?.throwIfAborted();
    if ((cause as NodeJS.ErrnoException).syscall !== undefined) throw cause;
    throw new MotifError(
      "dataset",
      `${path}: the archive cannot be read (${(cause as Error).message}). It is damaged or was cut off: fetch or pack it again.`,
      { cause },
    );
  } finally {
    archive.destroy();
    await feeding.catch(() => undefined);
  }
}

function kindOf(type: Header["type"]): ArchiveEntry["kind"] {
  switch (type) {
    case "file":
    case "contiguous-file":
      return "file";
    case "directory":
      return "folder";
    case "symlink":
    case "link":
      return "link";
    default:
      return "other";
  }
}

/** Writes the chunks as fast as they are taken; ends early when the reader has gone. */
async function feed(
  archive: ReturnType<typeof extract>,
  chunks: AsyncIterable<Buffer>,
): Promise<void> {
  let isClosed = false;
  const closed = once(archive, "close").then(() => (isClosed = true));
  closed.catch(() => undefined);
  let end: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    if (isClosed) return;
    end = Buffer.concat([end, chunk.subarray(-blockBytes)]).subarray(
      -blockBytes,
    );
    if (!archive.write(chunk))
      await Promise.race([once(archive, "drain"), closed]);
  }
  // An archive cut off between two entries would else pass for a smaller one.
  if (end.some((byte) => byte !== 0))
    throw new Error("its end mark is missing");
  archive.end(undefined);
}
