/**
 * Sheets of patterns (draw-sheet.ts) as PNGs, each made once and kept under `thumbnails/` in the data folder. The folder is a cache: it
 * may be removed at any time, and what is missing is made again.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { Inject, Injectable, Logger } from "@nestjs/common";
import pLimit from "p-limit";
import sharp from "sharp";
import {
  CONFIGURATION,
  type Configuration,
} from "../configuration/configuration.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import { DATABASE, type Database } from "../database/database.ts";
import {
  ARTIFACT_STORE,
  type ArtifactStore,
} from "../storage/artifact-store.ts";
import { decodeMask } from "./decode-mask.ts";
import { drawSheet } from "./draw-sheet.ts";
import {
  readSheetParts,
  readTopPixels,
  type SheetParts,
} from "./read-sheet-parts.ts";

/** Another number makes all sheets anew. */
const sheetVersion = 1;
/** 9 takes twice as long for 12% less. */
const pngLevel = 7;
/** Most pixels that a canvas may unpack to. */
const largestCanvas = 4096 * 4096;

export interface PatternSheet {
  /** The same for the same picture. */
  readonly digest: string;
  /** @throws ControlPlaneError "not-found" where an artifact is gone, "corrupt" where it is no mask or canvas of the image's size */
  read(): Promise<Buffer>;
}

@Injectable()
export class PatternSheets {
  readonly #directory: string;
  readonly #database: Database;
  readonly #store: ArtifactStore;
  readonly #logger = new Logger(PatternSheets.name);
  /** A gallery asks for hundreds at once; others ask for something, too. */
  readonly #limit = pLimit(Math.max(2, Math.ceil(availableParallelism() / 2)));
  /** By digest: who asks for what is being made gets the same. */
  readonly #underWay = new Map<string, Promise<Buffer>>();

  constructor(
    @Inject(CONFIGURATION) { dataDirectory }: Configuration,
    @Inject(DATABASE) database: Database,
    @Inject(ARTIFACT_STORE) store: ArtifactStore,
  ) {
    this.#directory = join(dataDirectory, "thumbnails");
    this.#database = database;
    this.#store = store;
  }

  /** @throws ControlPlaneError "not-found" where there is no such pattern */
  async find(patternId: string): Promise<PatternSheet> {
    const parts = await readSheetParts(this.#database.pool, patternId);
    const digest = digestOf(parts);
    return { digest, read: () => this.#read(digest, parts) };
  }

  #read(digest: string, parts: SheetParts): Promise<Buffer> {
    const underWay = this.#underWay.get(digest);
    if (underWay) return underWay;
    const reading = this.#readOrMake(digest, parts).finally(() =>
      this.#underWay.delete(digest),
    );
    this.#underWay.set(digest, reading);
    return reading;
  }

  async #readOrMake(digest: string, parts: SheetParts): Promise<Buffer> {
    const path = join(this.#directory, digest.slice(0, 2), `${digest}.png`);
    const kept = await readFile(path).catch(() => undefined);
    if (kept) return kept;
    const png = await this.#limit(() => this.#make(parts));
    // One that cannot be kept is made again next time.
    await keep(path, png).catch((error: unknown) => {
      this.#logger.warn({ err: error }, `${path} was not written`);
    });
    return png;
  }

  async #make(parts: SheetParts): Promise<Buffer> {
    const { maskSha256, canvasSha256, size } = parts;
    const [topPixels, mask, canvas] = await Promise.all([
      readTopPixels(this.#database.pool, parts),
      this.#store.open(maskSha256).then(buffer),
      this.#store.open(canvasSha256).then(buffer),
    ]);
    const { pixels, width, height } = drawSheet({
      size,
      topPixels,
      mask: decodeMask(mask, size, maskSha256),
      colors: await decodeCanvas(canvas, size, canvasSha256),
    });
    return sharp(pixels, { raw: { width, height, channels: 3 } })
      .png({ compressionLevel: pngLevel, palette: false })
      .toBuffer();
  }
}

const digestOf = ({
  maskSha256,
  canvasSha256,
  size,
  largestK,
}: SheetParts): string =>
  createHash("sha256")
    .update(
      JSON.stringify([sheetVersion, maskSha256, canvasSha256, size, largestK]),
    )
    .digest("hex");

/**
 * Small images are kept enlarged by a whole factor, each pixel a square (gpu-node/src/report/images.ts).
 * @returns R, G, B interleaved, [H, W, 3] @throws ControlPlaneError "corrupt"
 */
async function decodeCanvas(
  png: Buffer,
  [height, width]: readonly [number, number],
  name: string,
): Promise<Uint8Array> {
  const refuse = (what: string, cause?: unknown): never => {
    throw new ControlPlaneError(
      "corrupt",
      `The canvas ${name} ${what}; a picture of ${height}×${width} pixels, or enlarged by a whole factor, is expected. Search this class again.`,
      { cause },
    );
  };
  const { data, info } = await sharp(png, { limitInputPixels: largestCanvas })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) =>
      refuse(
        `cannot be read (${cause instanceof Error ? cause.message : String(cause)})`,
        cause,
      ),
    );
  const factor = info.width / width;
  if (!Number.isInteger(factor) || info.height !== height * factor)
    refuse(`has ${info.height}×${info.width}`);
  const colors = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = (y * factor * info.width + x * factor) * info.channels;
      for (let channel = 0; channel < 3; channel++)
        colors[(y * width + x) * 3 + channel] =
          data[from + Math.min(channel, info.channels - 1)]!;
    }
  return colors;
}

/** Under its name only when it is whole and on the disk. */
async function keep(path: string, png: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${randomUUID()}.partial`;
  try {
    const file = await open(partial, "wx");
    try {
      await file.writeFile(png);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
