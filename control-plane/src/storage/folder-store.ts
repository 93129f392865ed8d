/**
 * The artifact store in a folder: `artifacts/ab/<sha256>`, and `partial/` beside it for what is on its way in. A file gets its
 * name only when it is whole and on the disk, and its row only after that.
 */
import { statSync } from "node:fs";
import {
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  statfs,
  type FileHandle,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Database } from "../database/database.ts";
import {
  readArtifactRows,
  writeArtifactRow,
  type ArtifactRow,
} from "./artifact-rows.ts";
import {
  isSha256,
  type AnnouncedArtifact,
  type ArtifactStore,
  type FoundArtifact,
  type StoredArtifact,
} from "./artifact-store.ts";
import { ExternalFiles } from "./external-files.ts";
import { isAbsent, keptBytes, PartialFile } from "./partial-file.ts";

/** How long an upload that was broken off can be gone on with. */
const keepPartialsMs = 24 * 3_600_000;

/** What files are read by: fewer system calls than the default 64 KiB. */
const readBytes = 256 * 1024;

export interface FolderStoreOptions {
  /** Absolute; made where it is missing. */
  readonly dataDirectory: string;
  readonly database: Database;
  readonly largestArtifactBytes: number;
  /** Milliseconds since 1970, by which the age of files is told. */
  now(): number;
}

export class FolderStore implements ArtifactStore {
  readonly #options: FolderStoreOptions;
  readonly #artifacts: string;
  readonly #partials: string;
  readonly #externalFiles = new ExternalFiles();

  constructor(options: FolderStoreOptions) {
    this.#options = options;
    this.#artifacts = join(options.dataDirectory, "artifacts");
    this.#partials = join(this.#artifacts, "partial");
  }

  async put(
    source: Readable | AsyncIterable<Uint8Array>,
    announced: AnnouncedArtifact,
  ): Promise<StoredArtifact> {
    const { sha256, offset = 0 } = announced;
    if (sha256 !== undefined) requireSha256(sha256);
    this.#requireFit(announced.bytes ?? offset);
    await mkdir(this.#partials, { recursive: true });
    await this.#requireRoom(announced, offset);
    const partial = await PartialFile.open(
      this.#partials,
      sha256,
      offset,
    ).catch((error: unknown) => {
      throw asStorageError(error, this.#artifacts);
    });
    try {
      await this.#takeIn(source, partial, announced);
      const { bytes } = partial;
      const finished = await partial.finish();
      requireAnnounced(announced, { sha256: finished.sha256, bytes });
      await this.#name(finished.path, finished.sha256);
      await writeArtifactRow(this.#options.database, {
        sha256: finished.sha256,
        bytes,
        mediaType: announced.mediaType,
        externalPath: null,
      });
      return { sha256: finished.sha256, bytes };
    } catch (error) {
      if (error instanceof SourceFailure) {
        await partial.keep();
        throw error.cause;
      }
      await partial.discard();
      throw asStorageError(error, this.#artifacts);
    }
  }

  async open(
    sha256: string,
    range: { readonly offset?: number; readonly end?: number } = {},
  ): Promise<Readable> {
    requireSha256(sha256);
    const row = (await readArtifactRows(this.#options.database, [sha256])).get(
      sha256,
    );
    if (row === undefined)
      throw new ControlPlaneError(
        "not-found",
        `There is no artifact ${sha256}. Upload it first.`,
      );
    const { offset = 0 } = range;
    const end = Math.min(range.end ?? row.bytes, row.bytes);
    if (!(offset >= 0 && offset <= end))
      throw new ControlPlaneError(
        "invalid",
        `Artifact ${sha256} has ${row.bytes} bytes; ${offset} to ${range.end ?? row.bytes} is no part of it.`,
      );
    const file =
      row.externalPath === null
        ? await this.#openStored(row)
        : await this.#openExternal(row, row.externalPath);
    if (offset === end) {
      await file.close();
      return Readable.from([], { objectMode: false });
    }
    return file.createReadStream({
      start: offset,
      end: end - 1,
      highWaterMark: readBytes,
    });
  }

  async find(sha256s: readonly string[]): Promise<readonly FoundArtifact[]> {
    sha256s.forEach(requireSha256);
    const rows = await readArtifactRows(this.#options.database, sha256s);
    return Promise.all(
      sha256s.map(async (sha256) => {
        const row = rows.get(sha256);
        // A row whose file a person has deleted is mended by uploading it again.
        if (row !== undefined && (await this.#isThere(row)))
          return {
            sha256,
            isComplete: true,
            bytes: row.bytes,
            mediaType: row.mediaType,
          };
        return {
          sha256,
          isComplete: false,
          bytes: await keptBytes(this.#partials, sha256),
          mediaType: null,
        };
      }),
    );
  }

  async registerExternal(
    path: string,
    mediaType = "application/octet-stream",
  ): Promise<StoredArtifact> {
    const { file, bytes, sha256 } = await this.#externalFiles.openFile(path);
    await file.close();
    await writeArtifactRow(this.#options.database, {
      sha256,
      bytes,
      mediaType,
      externalPath: path,
    });
    return { sha256, bytes };
  }

  async removeOldPartials(): Promise<number> {
    const names = await readdir(this.#partials).catch((error: unknown) => {
      isAbsent(error);
      return [];
    });
    let removed = 0;
    for (const name of names) {
      const path = join(this.#partials, name);
      const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
      if (
        changed === undefined ||
        this.#options.now() - changed < keepPartialsMs
      )
        continue;
      await rm(path, { force: true });
      removed++;
    }
    return removed;
  }

  /** @throws SourceFailure where `source` failed, ControlPlaneError for what does not fit, file system errors */
  async #takeIn(
    source: AsyncIterable<unknown>,
    partial: PartialFile,
    announced: AnnouncedArtifact,
  ): Promise<void> {
    const chunks = source[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await chunks.next().catch((cause: unknown) => {
          throw new SourceFailure(cause);
        });
        if (next.done === true) return;
        const chunk = next.value as Uint8Array;
        const bytes = partial.bytes + chunk.length;
        if (announced.bytes !== undefined && bytes > announced.bytes)
          throw new ControlPlaneError(
            "corrupt",
            `${announced.bytes} bytes were announced${named(announced)}, and more were sent. Send it again from the start.`,
          );
        this.#requireFit(bytes);
        await partial.append(chunk);
      }
    } finally {
      await chunks.return?.().catch(() => undefined);
    }
  }

  #requireFit(bytes: number): void {
    if (bytes > this.#options.largestArtifactBytes)
      throw new ControlPlaneError(
        "too-large",
        `An artifact may have ${this.#options.largestArtifactBytes} bytes, and this one has more. Register it by its path, or start the control plane with a larger limit.`,
      );
  }

  /** Refuses at once what will not fit, instead of filling the disk first. */
  async #requireRoom(
    announced: AnnouncedArtifact,
    offset: number,
  ): Promise<void> {
    if (announced.bytes === undefined) return;
    const { bavail, bsize } = await statfs(this.#partials);
    if (announced.bytes - offset > bavail * bsize)
      throw storageFull(this.#artifacts);
  }

  async #name(from: string, sha256: string): Promise<void> {
    const path = this.#pathOf(sha256);
    const made = await mkdir(dirname(path), { recursive: true });
    await rename(from, path);
    await syncFolder(dirname(path));
    if (made !== undefined) await syncFolder(this.#artifacts);
  }

  #pathOf(sha256: string): string {
    return join(this.#artifacts, sha256.slice(0, 2), sha256);
  }

  async #isThere(row: ArtifactRow): Promise<boolean> {
    const path = row.externalPath ?? this.#pathOf(row.sha256);
    return stat(path).then(
      (stats) => stats.isFile() && stats.size === row.bytes,
      () => false,
    );
  }

  async #openStored(row: ArtifactRow): Promise<FileHandle> {
    const path = this.#pathOf(row.sha256);
    const file = await open(path, "r").catch((error: unknown) => {
      isAbsent(error);
      throw vanished(row, path, error);
    });
    const { size } = await file.stat();
    if (size === row.bytes) return file;
    await file.close();
    throw new ControlPlaneError(
      "corrupt",
      `${path} has ${size} bytes instead of ${row.bytes}. Upload the artifact again.`,
    );
  }

  async #openExternal(row: ArtifactRow, path: string): Promise<FileHandle> {
    const { file, sha256 } = await this.#externalFiles
      .openFile(path)
      .catch((error: unknown) => {
        throw error instanceof ControlPlaneError && error.code === "not-found"
          ? vanished(row, path, error)
          : error;
      });
    if (sha256 === row.sha256) return file;
    await file.close();
    throw new ControlPlaneError(
      "corrupt",
      `${path} was changed since it was registered: it has the digest ${sha256} instead of ${row.sha256}. Put the file back, or register it anew.`,
    );
  }
}

/** What was sent ended badly: not the store's fault, and what arrived is good. */
class SourceFailure extends Error {
  constructor(cause: unknown) {
    super("the source of an artifact failed", { cause });
  }
}

function requireSha256(sha256: string): void {
  if (!isSha256(sha256))
    throw new ControlPlaneError(
      "invalid",
      `"${sha256.slice(0, 80)}" is no SHA-256: 64 digits 0-9a-f were expected.`,
    );
}

function requireAnnounced(
  announced: AnnouncedArtifact,
  stored: StoredArtifact,
): void {
  if (announced.sha256 !== undefined && announced.sha256 !== stored.sha256)
    throw new ControlPlaneError(
      "corrupt",
      `What was sent as artifact ${announced.sha256} has the digest ${stored.sha256}. Send it again from the start.`,
    );
  if (announced.bytes !== undefined && announced.bytes !== stored.bytes)
    throw new ControlPlaneError(
      "corrupt",
      `${announced.bytes} bytes were announced${named(announced)}, and ${stored.bytes} were sent. Send it again from the start.`,
    );
}

const named = ({ sha256 }: AnnouncedArtifact): string =>
  sha256 === undefined ? "" : ` of artifact ${sha256}`;

function vanished(
  row: ArtifactRow,
  path: string,
  cause: unknown,
): ControlPlaneError {
  return new ControlPlaneError(
    "not-found",
    `Artifact ${row.sha256} vanished from disk: ${path} cannot be read any more. Put the file back, or upload it again.`,
    { cause },
  );
}

const storageFull = (folder: string, cause?: unknown): ControlPlaneError =>
  new ControlPlaneError(
    "storage-full",
    `The disk under ${folder} is full. Free some room, then send it again.`,
    { cause },
  );

function asStorageError(error: unknown, folder: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return code === "ENOSPC" || code === "EDQUOT"
    ? storageFull(folder, error)
    : error;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
