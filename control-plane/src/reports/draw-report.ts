/**
 * The report of a job, one page with everything in it: drawn by the program that draws those of local searches, from a copy of the
 * job's result in a folder that is gone afterwards. One at a time: a large one takes a core and a disk for some seconds.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
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
import { readResult, type ResultFile } from "../jobs/result.ts";
import { runMotif } from "../launcher/launcher.ts";
import {
  ARTIFACT_STORE,
  type ArtifactStore,
} from "../storage/artifact-store.ts";
import { writeResultFile } from "./write-result.ts";

/** Reports that may wait for their turn; whoever comes later is told to come back. */
const mostWaiting = 8;
/** Files that are copied side by side. */
const copies = 8;

@Injectable()
export class Reports {
  readonly #directory: string;
  readonly #database: Database;
  readonly #store: ArtifactStore;
  readonly #oneAtATime = pLimit(1);

  constructor(
    @Inject(CONFIGURATION) { dataDirectory }: Configuration,
    @Inject(DATABASE) database: Database,
    @Inject(ARTIFACT_STORE) store: ArtifactStore,
  ) {
    this.#directory = join(dataDirectory, "reports");
    this.#database = database;
    this.#store = store;
  }

  /**
   * @param signal ends it, as when nobody waits for it any more
   * @param send takes the page while it is there
   * @throws ControlPlaneError "not-found"; "conflict" where there is no pattern yet; "unavailable" where too many are being drawn
   */
  async draw(
    jobId: string,
    signal: AbortSignal,
    send: (page: Readable) => Promise<void>,
  ): Promise<void> {
    // What cannot be drawn is said at once.
    await readResult(this.#database.pool, jobId);
    if (this.#oneAtATime.pendingCount >= mostWaiting)
      throw new ControlPlaneError(
        "unavailable",
        "Other reports are being drawn. Try again in a minute.",
      );
    await this.#oneAtATime(async () => {
      signal.throwIfAborted();
      await mkdir(this.#directory, { recursive: true });
      const folder = await mkdtemp(join(this.#directory, "report-"));
      try {
        await this.#copyResult(jobId, folder, signal);
        const { report } = await runMotif<{ readonly report: string }>(
          ["report", folder, "--json"],
          signal,
        );
        await send(createReadStream(report));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  }

  async #copyResult(
    jobId: string,
    folder: string,
    signal: AbortSignal,
  ): Promise<void> {
    const result = await readResult(this.#database.pool, jobId);
    await this.#copyFiles(result.files(), folder, signal);
    await pipeline(
      Readable.from(writeResultFile(result)),
      createWriteStream(join(folder, "result.json")),
      { signal },
    );
  }

  /** The first that fails ends it; nothing is written any more when this is through, so that the folder can be removed. */
  async #copyFiles(
    files: AsyncIterable<ResultFile>,
    folder: string,
    signal: AbortSignal,
  ): Promise<void> {
    const failed = new AbortController();
    const stop = AbortSignal.any([signal, failed.signal]);
    const waiting = files[Symbol.asyncIterator]();
    const copy = async () => {
      try {
        for (;;) {
          const next = await waiting.next();
          if (next.done || stop.aborted) return;
          const { sha256, path } = next.value;
          await this.#copyFile(sha256, join(folder, path), stop);
        }
      } catch (error) {
        failed.abort(error);
      }
    };
    await Promise.all(Array.from({ length: copies }, copy));
    stop.throwIfAborted();
  }

  async #copyFile(
    sha256: string,
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await pipeline(await this.#store.open(sha256), createWriteStream(path), {
      signal,
    });
  }
}
