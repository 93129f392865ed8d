/**
 * A collection as a file of this process, for as long as it is sent. Written before it is sent, so that its digest can go before it, and
 * read in one transaction, so that all of it is of one moment.
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Inject, Injectable } from "@nestjs/common";
import pLimit from "p-limit";
import {
  CONFIGURATION,
  type Configuration,
} from "../configuration/configuration.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import { DATABASE, type Database } from "../database/database.ts";
import type { ModelFilter } from "../models/model-filter.ts";
import { readCollection } from "./collection-model.ts";
import { writeCollection, type ExportFormat } from "./write-collection.ts";

export interface ExportedFile {
  readonly bytes: number;
  /** Of all of it, base64. */
  readonly sha256: string;
  readonly open: () => Readable;
}

/** Exports that may be written or wait for their turn. */
const [sideBySide, mostWaiting] = [2, 8];

@Injectable()
export class CollectionExports {
  readonly #directory: string;
  readonly #database: Database;
  readonly #turns = pLimit(sideBySide);

  constructor(
    @Inject(CONFIGURATION) { dataDirectory }: Configuration,
    @Inject(DATABASE) database: Database,
  ) {
    this.#directory = join(dataDirectory, "exports");
    this.#database = database;
  }

  /**
   * @param send takes the file while it is there
   * @throws ControlPlaneError "unavailable" where too many wait
   */
  async export(
    filter: ModelFilter,
    format: ExportFormat,
    signal: AbortSignal,
    send: (file: ExportedFile) => Promise<void>,
  ): Promise<void> {
    if (this.#turns.pendingCount >= mostWaiting)
      throw new ControlPlaneError(
        "unavailable",
        "Other exports are being written. Try again in a minute.",
      );
    await mkdir(this.#directory, { recursive: true });
    const folder = await mkdtemp(join(this.#directory, "export-"));
    const path = join(folder, `collection.${format}`);
    try {
      const sha256 = await this.#turns(() =>
        this.#write(path, filter, format, signal),
      );
      const { size: bytes } = await stat(path);
      await send({ bytes, sha256, open: () => createReadStream(path) });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  #write(
    path: string,
    filter: ModelFilter,
    format: ExportFormat,
    signal: AbortSignal,
  ): Promise<string> {
    return this.#database.transaction(async (client) => {
      await client.query(
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
      );
      const { rows } = await client.query<{ now: Date }>("SELECT now()");
      const text = writeCollection(
        {
          filter,
          exportedAt: rows[0]!.now.toISOString(),
          models: readCollection(client, filter),
        },
        format,
      );
      const hash = createHash("sha256");
      const hashed = async function* (pieces: AsyncIterable<string>) {
        for await (const piece of pieces) {
          hash.update(piece);
          yield piece;
        }
      };
      await pipeline(Readable.from(hashed(text)), createWriteStream(path), {
        signal,
      });
      return hash.digest("base64");
    });
  }
}
