/**
 * An artifact on its way in. What of it has arrived lies in `partial/<sha256>`; whoever goes on with it first renames it to a
 * name of its own, so that two uploads of one artifact, by way of whichever replica, never write into one file.
 */
import { createHash, randomUUID, type Hash } from "node:crypto";
import { open, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { ControlPlaneError } from "../control-plane-error.ts";

export class PartialFile {
  readonly #path: string;
  /** Where it is left for a later upload to go on; undefined where nobody could name it. */
  readonly #keptPath: string | undefined;
  readonly #file: FileHandle;
  readonly #hash: Hash;
  #bytes: number;

  private constructor(
    path: string,
    keptPath: string | undefined,
    file: FileHandle,
    hash: Hash,
    bytes: number,
  ) {
    this.#path = path;
    this.#keptPath = keptPath;
    this.#file = file;
    this.#hash = hash;
    this.#bytes = bytes;
  }

  /**
   * @param offset how much of it is there; 0 begins anew
   * @throws ControlPlaneError "conflict" where as much is not there
   */
  static async open(
    folder: string,
    sha256: string | undefined,
    offset: number,
  ): Promise<PartialFile> {
    const path = join(folder, `${sha256 ?? "unnamed"}.${randomUUID()}`);
    const keptPath = sha256 === undefined ? undefined : join(folder, sha256);
    if (offset === 0 || keptPath === undefined)
      return new PartialFile(
        path,
        keptPath,
        await open(path, "wx", 0o600),
        createHash("sha256"),
        0,
      );
    if (await rename(keptPath, path).catch(isAbsent))
      throw notThere(sha256!, offset, 0);
    const file = await open(path, "r+");
    const hash = createHash("sha256");
    const partial = new PartialFile(path, keptPath, file, hash, offset);
    try {
      const { size } = await file.stat();
      if (size < offset) throw notThere(sha256!, offset, size);
      await file.truncate(offset);
      const arrived = file.createReadStream({ start: 0, autoClose: false });
      for await (const chunk of arrived) hash.update(chunk as Buffer);
      return partial;
    } catch (error) {
      await partial.keep();
      throw error;
    }
  }

  /** Bytes in it. */
  get bytes(): number {
    return this.#bytes;
  }

  async append(chunk: Uint8Array): Promise<void> {
    let written = 0;
    while (written < chunk.length) {
      const { bytesWritten } = await this.#file.write(
        chunk,
        written,
        chunk.length - written,
        this.#bytes,
      );
      written += bytesWritten;
      this.#bytes += bytesWritten;
    }
    this.#hash.update(chunk);
  }

  /** Writes through to the disk and closes. @returns the digest, and where the file lies */
  async finish(): Promise<{ sha256: string; path: string }> {
    await this.#file.sync();
    await this.#file.close();
    return { sha256: this.#hash.digest("hex"), path: this.#path };
  }

  /** Leaves what arrived for another upload to go on with. */
  async keep(): Promise<void> {
    if (this.#keptPath === undefined || this.#bytes === 0)
      return this.discard();
    await this.#file.close();
    await rename(this.#path, this.#keptPath);
  }

  /** Whether it was finished or not. */
  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }
}

/** How much of an artifact an interrupted upload has left. */
export async function keptBytes(
  folder: string,
  sha256: string,
): Promise<number> {
  return stat(join(folder, sha256)).then(
    ({ size }) => size,
    (error: unknown) => {
      isAbsent(error);
      return 0;
    },
  );
}

function notThere(
  sha256: string,
  offset: number,
  bytes: number,
): ControlPlaneError {
  return new ControlPlaneError(
    "conflict",
    `The upload of ${sha256} cannot go on from byte ${offset}: ${bytes} are here. Ask what is here, and go on from there.`,
  );
}

/** @returns true; rethrows what is no "no such file" */
export function isAbsent(error: unknown): true {
  if (error instanceof Error && "code" in error && error.code === "ENOENT")
    return true;
  throw error;
}
