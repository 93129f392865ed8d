/** A folder of images a class, plain or in a .tar or .tar.gz: decoded once, in a stream, into a scratch file of records. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createGunzip } from "node:zlib";
import sharp from "sharp";
import { extract } from "tar-stream";
import { MotifError } from "../motif-error.ts";
import type { Dataset, OpenOptions } from "./dataset.ts";
import { openRecords } from "./record-file.ts";

interface Picture {
  /** `class/name` or `split/class/name`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const picture = /\.(jpe?g|png|webp|gif|tiff?|bmp)$/i;
const splitNames = ["test", "val", "valid", "validation", "train"];
const largestPictureBytes = 64 * 2 ** 20;
const mostPixels = 64 * 2 ** 20;
/** Pictures decoded at a time. */
const concurrency = 4;

/** @throws MotifError "dataset" naming the file that is wrong, and the mend */
export async function openImageFolder(
  path: string,
  options: OpenOptions,
): Promise<Dataset> {
  const [channels, height, width] = options.imageShape;
  const recordBytes = channels * height * width;
  const scratch = await mkdtemp(
    join(options.cacheDir ?? tmpdir(), "motif-images-"),
  );
  const remove = () => rm(scratch, { recursive: true, force: true });
  try {
    const file = await open(join(scratch, "decoded"), "w");
    const entries: {
      split: string;
      className: string;
      name: string;
      slot: number;
      digest: string;
    }[] = [];
    let slots = 0;
    const running = new Set<Promise<void>>();
    try {
      for await (const { path: inside, bytes } of listPictures(path)) {
        options.signal?.throwIfAborted();
        const pieces = inside.split("/");
        const splitAt = pieces.findIndex((piece) => splitNames.includes(piece));
        const split =
          splitAt >= 0 && splitAt === pieces.length - 3 ? pieces[splitAt] : "";
        const className = pieces.at(-2);
        if (className === undefined)
          throw new MotifError(
            "dataset",
            `${path}: ${inside} lies in no class folder. Put each class's images into a folder of its name.`,
          );
        if (options.split !== undefined && split !== options.split) continue;
        const slot = slots++;
        entries.push({
          split,
          className,
          name: pieces.at(-1)!,
          slot,
          digest: createHash("sha256").update(bytes).digest("hex"),
        });
        while (running.size >= concurrency) await Promise.race(running);
        const work: Promise<void> = decodePicture(
          bytes,
          `${path}: ${inside}`,
          options.imageShape,
        )
          .then(
            async (pixels) =>
              void (await file.write(
                pixels,
                0,
                recordBytes,
                slot * recordBytes,
              )),
          )
          .finally(() => running.delete(work));
        running.add(work);
        work.catch(() => undefined); // Seen again below, or by the race above.
        if (slots % 100 === 0) options.onProgress?.(slots, null);
      }
      await Promise.all(running);
    } finally {
      await Promise.allSettled(running);
      await file.close();
    }
    return await arrange(
      path,
      entries,
      join(scratch, "decoded"),
      options,
      recordBytes,
      remove,
    );
  } catch (error) {
    await remove();
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") {
      throw new MotifError(
        "storage",
        `${scratch}: the disk is full. Free some space, or name another --cache.`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** Orders what was decoded by class and name, and keeps one split. */
async function arrange(
  path: string,
  all: readonly {
    split: string;
    className: string;
    name: string;
    slot: number;
    digest: string;
  }[],
  decoded: string,
  options: OpenOptions,
  recordBytes: number,
  remove: () => Promise<void>,
): Promise<Dataset> {
  const split =
    options.split ??
    splitNames.find((name) => all.some((entry) => entry.split === name)) ??
    "";
  const byName = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const entries = all
    .filter((entry) => entry.split === split)
    .sort((a, b) => byName(a.className, b.className) || byName(a.name, b.name));
  if (entries.length === 0)
    throw new MotifError(
      "dataset",
      `${path}: no images${split && ` in ${split}/`}. It should hold a folder of images a class.`,
    );
  const classes = [...new Set(entries.map((entry) => entry.className))];
  if (classes.length < 2)
    throw new MotifError(
      "dataset",
      `${path}: only one class, "${classes[0]}". A search needs images of other classes.`,
    );
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  const slots = Int32Array.from(entries, (entry) => entry.slot);
  const digest = createHash("sha256");
  for (const entry of entries)
    digest.update(`${entry.className}/${entry.name} ${entry.digest}\n`);
  const records = await openRecords(decoded, 0, recordBytes);
  return {
    name: basename(path).replace(/\.(tar|tar\.gz|tgz)$/i, ""),
    classes,
    imageShape: options.imageShape,
    labels: Uint16Array.from(entries, (entry) => indexOf.get(entry.className)!),
    digest: digest.digest("hex"),
    read: (indices, into) =>
      records.read(
        Array.from(indices, (index) => slots[index]),
        into,
      ),
    async close() {
      await records.close();
      await remove();
    },
  };
}

async function* listPictures(path: string): AsyncGenerator<Picture> {
  if ((await stat(path)).isDirectory()) {
    const names = (await readdir(path, { recursive: true }))
      .map((name) => name.replaceAll("\\", "/"))
      .filter((name) => picture.test(name));
    for (const name of names.sort())
      yield { path: name, bytes: await readFile(join(path, name)) };
    return;
  }
  const archive = extract();
  const source = createReadStream(path);
  const fail = (cause: Error) => void archive.destroy(cause);
  source.on("error", fail);
  if (/gz$/i.test(path))
    source.pipe(createGunzip().on("error", fail)).pipe(archive);
  else source.pipe(archive);
  try {
    for await (const entry of archive) {
      const { name, type, size = 0 } = entry.header;
      if (name.startsWith("/") || name.split("/").includes("..")) {
        throw new MotifError(
          "dataset",
          `${path}: the entry "${name}" points out of the archive. It is refused; pack the folder again.`,
        );
      }
      if (
        type !== "file" ||
        !picture.test(name) ||
        basename(name).startsWith("._")
      ) {
        entry.resume();
        continue;
      }
      if (size > largestPictureBytes)
        throw new MotifError(
          "dataset",
          `${path}: ${name} has ${size} bytes, too many for a picture.`,
        );
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      yield { path: name, bytes: Buffer.concat(chunks) };
    }
  } catch (cause) {
    if (cause instanceof MotifError) throw cause;
    throw new MotifError(
      "dataset",
      `${path}: the archive cannot be read (${(cause as Error).message}). Fetch or pack it again.`,
      { cause },
    );
  } finally {
    source.destroy();
  }
}

/**
 * A picture as uint8 [C, H, W]. One at most a quarter larger than wanted is cut to its centre, as ImageNet's at a short side
 * of 256 are for 224; any other is scaled first.
 */
async function decodePicture(
  bytes: Uint8Array,
  place: string,
  [channels, height, width]: readonly [number, number, number],
): Promise<Uint8Array> {
  try {
    const image = sharp(bytes, {
      limitInputPixels: mostPixels,
      failOn: "error",
    })
      .autoOrient()
      .flatten({ background: "black" });
    const { width: w = 0, height: h = 0 } = await sharp(bytes, {
      limitInputPixels: mostPixels,
    }).metadata();
    if (w * 4 < width || h * 4 < height) {
      throw new MotifError(
        "dataset",
        `${place}: ${w}×${h} pixels, the model takes ${width}×${height}. Remove it or replace it.`,
      );
    }
    const isNear =
      w >= width && h >= height && Math.min(w / width, h / height) <= 1.25;
    const shape = isNear
      ? image.extract({
          left: Math.floor((w - width) / 2),
          top: Math.floor((h - height) / 2),
          width,
          height,
        })
      : image.resize(width, height, { fit: "cover" });
    const coloured =
      channels === 1 ? shape.toColourspace("b-w") : shape.toColourspace("srgb");
    const { data, info } = await coloured
      .raw()
      .toBuffer({ resolveWithObject: true });
    const planes = new Uint8Array(channels * height * width);
    for (let i = 0; i < height * width; i++) {
      for (let c = 0; c < channels; c++)
        planes[c * height * width + i] =
          data[i * info.channels + Math.min(c, info.channels - 1)]!;
    }
    return planes;
  } catch (cause) {
    if (cause instanceof MotifError) throw cause;
    throw new MotifError(
      "dataset",
      `${place}: it cannot be decoded (${(cause as Error).message}). Remove it or replace it.`,
      { cause },
    );
  }
}
