/** Named files, in a folder or in an archive: listed first, so that everything can be checked, then read in one pass. */
import { MotifError } from "../motif-error.ts";

export interface ListedFile {
  /** Relative, with slashes. */
  readonly path: string;
  readonly size: number;
}

export interface Listing {
  readonly files: readonly ListedFile[];
  readonly folders: readonly string[];
}

export interface TreeFile extends ListedFile {
  /** The whole file; only where its listed size is bounded. */
  bytes(): Promise<Uint8Array>;
  chunks(): AsyncIterable<Uint8Array>;
}

export interface ListingRules {
  /** Which files to list; others are passed over. */
  isInteresting(path: string): boolean;
  /** Throws where a listed file cannot be what its name says: before it is read, or anything after it. */
  check(file: ListedFile): void;
}

export interface FileTree {
  /** Of the folder or archive. */
  readonly path: string;
  /** Differs whenever a file in it may have changed; cheap to know. */
  readonly identity: string;
  /** @throws MotifError "dataset" when something in it is not to be trusted */
  list(signal?: AbortSignal): Promise<Listing>;
  /** The files wanted, in any order; each is to be read, or not, before the next is asked for. */
  read(
    isWanted: (path: string) => boolean,
    signal?: AbortSignal,
  ): AsyncGenerator<TreeFile>;
}

/** Longer names are an attack on memory, no file system has them. */
const longestName = 4096;
/** More folders are no classes: labels have 16 bits. */
export const mostFolders = 200_000;

/** What operating systems and archivers leave behind, beside what a person put there. */
export const isHidden = (path: string) =>
  path
    .split("/")
    .some((piece) => piece.startsWith(".") || piece === "__MACOSX");

/**
 * The name of an archive's entry, without `./` and empty pieces.
 * @throws MotifError "dataset" when it points out of the archive: Motif never writes it, but whoever packed it meant harm
 */
export function safeEntryName(archive: string, name: string): string {
  const refuse = (what: string): never => {
    throw new MotifError(
      "dataset",
      `${archive}: the entry "${name.slice(0, 200)}" ${what}. It is refused: pack the folder again.`,
    );
  };
  if (name.length > longestName)
    refuse(`has a name of ${name.length} characters`);
  if (name.includes("\0")) refuse("has a NUL in its name");
  if (/^([a-zA-Z]:)?[\\/]/.test(name)) refuse("has an absolute name");
  const pieces = name
    .split("/")
    .filter((piece) => piece !== "" && piece !== ".");
  if (pieces.some((piece) => piece.split("\\").includes("..")))
    refuse("points out of the archive");
  return pieces.join("/");
}
