/**
 * Where bytes are kept that are too large for rows and messages: models, data sets, masks, pictures, checkpoints. They are
 * named by their SHA-256 (64 lower-case hex digits) and never change. One interface, so that another store (S3) can stand
 * beside the folder.
 */
import type { Readable } from "node:stream";

export interface ArtifactStore {
  /**
   * Takes a stream in, as fast as the disk does, and makes it durable: bytes first, then the row. Once it resolves, the
   * artifact survives a crash; storing what is there already is harmless. When `source` fails midway and `sha256` is given,
   * what arrived is kept, `find` says how much, and another `put` with that `offset` goes on from there.
   * @throws ControlPlaneError "corrupt" where the bytes have not the digest or length that was announced, "too-large" beyond the
   *   configured limit, "storage-full" where the disk is, "conflict" where `offset` is not what is there, "invalid" for a
   *   digest that is none; nothing half-written stays after these, except after "conflict". What `source` throws goes through.
   */
  put(
    source: Readable | AsyncIterable<Uint8Array>,
    announced: AnnouncedArtifact,
  ): Promise<StoredArtifact>;

  /**
   * Opens for reading. The file is opened and checked before this resolves; errors after that are the stream's.
   * @param range bytes from `offset` (default 0) to before `end` (default: the artifact's length, which also bounds it)
   * @throws ControlPlaneError "not-found" for an artifact that is unknown or whose file vanished from disk, "corrupt" for a
   *   file that is no longer what was stored, "invalid" for a range that begins past the end or ends before it begins
   */
  open(
    sha256: string,
    range?: { readonly offset?: number; readonly end?: number },
  ): Promise<Readable>;

  /** What is there of some artifacts, in the order asked for; 0 bytes of what is unknown. */
  find(sha256s: readonly string[]): Promise<readonly FoundArtifact[]>;

  /**
   * Makes an artifact of a file that stays where it is; it is read once here, for its digest, and held against it again
   * whenever it changed.
   * @param path absolute, a regular file
   * @throws ControlPlaneError "not-found" where there is no such file or it cannot be read, "invalid" for what is no file
   */
  registerExternal(path: string, mediaType?: string): Promise<StoredArtifact>;

  /** Removes what was left of uploads that nobody went on with. @returns how many files */
  removeOldPartials(): Promise<number>;
}

export interface AnnouncedArtifact {
  readonly sha256?: string;
  /** Of the whole artifact. */
  readonly bytes?: number;
  /** @example "application/octet-stream" */
  readonly mediaType: string;
  /** Bytes that are there already (`find`) and not sent again; needs `sha256`. Default 0. */
  readonly offset?: number;
}

export interface StoredArtifact {
  readonly sha256: string;
  readonly bytes: number;
}

export interface FoundArtifact {
  readonly sha256: string;
  readonly isComplete: boolean;
  /** Its length, or as much of it as an interrupted upload has left. */
  readonly bytes: number;
  /** Null where it is not complete. */
  readonly mediaType: string | null;
}

/** Nest's name for the artifact store. */
export const ARTIFACT_STORE = Symbol("ArtifactStore");

/** Whether a text is a digest as artifacts are named by. */
export const isSha256 = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);
