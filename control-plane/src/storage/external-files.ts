/**
 * Files that stay where a person has them. They can change or vanish under us: their digest counts for as long as path, length,
 * inode and time of change stay, and is taken anew otherwise.
 */
import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { ControlPlaneError } from "../control-plane-error.ts";

/** Files whose digest is remembered; the longest unused goes first. */
const rememberedFiles = 1_000;

export class ExternalFiles {
  readonly #digests = new Map<string, { stamp: string; sha256: string }>();

  /**
   * Opens a file and takes its digest, unless that is known.
   * @returns the open file, which the caller closes
   * @throws ControlPlaneError "not-found", "invalid"
   */
  async openFile(
    path: string,
  ): Promise<{ file: FileHandle; bytes: number; sha256: string }> {
    const file = await open(path, "r").catch((error: unknown) => {
      throw cannotRead(path, error);
    });
    try {
      const before = await file.stat({ bigint: true });
      if (!before.isFile())
        throw new ControlPlaneError(
          "invalid",
          `${path} is no regular file. Name the file itself.`,
        );
      const known = this.#digests.get(path);
      const sha256 =
        known?.stamp === stampOf(before)
          ? known.sha256
          : await this.#digest(path, file, before);
      this.#remember(path, stampOf(before), sha256);
      return { file, bytes: Number(before.size), sha256 };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #digest(
    path: string,
    file: FileHandle,
    before: BigIntStats,
  ): Promise<string> {
    const hash = createHash("sha256");
    try {
      const bytes = file.createReadStream({ start: 0, autoClose: false });
      for await (const chunk of bytes) hash.update(chunk as Buffer);
    } catch (error) {
      throw cannotRead(path, error);
    }
    const after = await file.stat({ bigint: true });
    if (stampOf(after) !== stampOf(before))
      throw new ControlPlaneError(
        "conflict",
        `${path} was written to while it was read. Wait until it is complete, then try again.`,
      );
    return hash.digest("hex");
  }

  #remember(path: string, stamp: string, sha256: string): void {
    this.#digests.delete(path);
    this.#digests.set(path, { stamp, sha256 });
    if (this.#digests.size > rememberedFiles)
      this.#digests.delete(this.#digests.keys().next().value!);
  }
}

const stampOf = (stats: BigIntStats): string =>
  [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(" ");

function cannotRead(path: string, cause: unknown): ControlPlaneError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ControlPlaneError(
    "not-found",
    `${path} cannot be read on the control plane's machine (${reason}). Check the path and who may read it.`,
    { cause },
  );
}
