/** Pictures of any size, colour and format as the pixels that a model takes. */
import sharp, { type Sharp } from "sharp";
import { MotifError } from "../motif-error.ts";

/** [C, H, W], C being 1 or 3. */
export type ImageShape = readonly [number, number, number];

/** Bounds what one picture can take while it is decoded. */
const mostPixels = 64 * 2 ** 20;
/** Pictures that would have to be enlarged more than this show nothing: CIFAR's for a model of 224×224 just pass. */
const largestEnlargement = 8;
/** ImageNet's convention: a short side of 256 is cut to 224, not scaled. */
const largestCrop = 1.25;

const input = { limitInputPixels: mostPixels, failOn: "error" } as const;

// Nothing is decoded twice, and libvips would keep what it decoded last.
sharp.cache(false);

/**
 * A decoder that gives uint8 [C, H, W]. A picture at most a quarter larger than wanted is cut to its centre, as ImageNet's at
 * a short side of 256 are for 224; any other is scaled to cover the shape, then cut. Grey becomes colour and colour grey as
 * the shape asks; transparency is dropped and orientation tags are followed, as the usual training pipelines do.
 */
export function newPictureDecoder(shape: ImageShape) {
  const [, height, width] = shape;
  // Pictures of a data set are mostly alike: if the last had the wanted size, asking the next for its size is a waste.
  let isExact = false;
  /** @param place what to call the picture in errors @throws MotifError "dataset" */
  return async (bytes: Uint8Array, place: string): Promise<Uint8Array> => {
    checkFormat(bytes, place);
    return explaining(place, async () => {
      if (isExact) {
        const planes = await toPlanes(sharp(bytes, input).autoOrient(), shape);
        if (planes) return planes;
      }
      const { autoOrient: size } = await sharp(bytes, input).metadata();
      isExact = size.width === width && size.height === height;
      return fit(
        sharp(bytes, input).autoOrient(),
        size.width,
        size.height,
        shape,
        place,
      );
    });
  };
}

/** A small picture in colour. */
export interface SmallPicture {
  readonly height: number;
  readonly width: number;
  /** uint8 [3, height, width]. */
  readonly pixels: Uint8Array;
}

/**
 * A picture as a square of at most `mostSide` pixels a side, cut and scaled down by the rules above, never enlarged.
 * @param place what to call the picture in errors @throws MotifError "dataset"
 */
export async function decodeSmall(
  bytes: Uint8Array,
  mostSide: number,
  place: string,
): Promise<SmallPicture> {
  checkFormat(bytes, place);
  return explaining(place, async () => {
    const { autoOrient: size } = await sharp(bytes, input).metadata();
    const side = Math.min(mostSide, size.width, size.height);
    const image = sharp(bytes, input).autoOrient();
    const shape = [3, side, side] as const;
    const pixels = await fit(image, size.width, size.height, shape, place);
    return { height: side, width: side, pixels };
  });
}

/**
 * Pixels of one shape as those of another, by the rules for pictures.
 * @param pixels uint8 [C, H, W] of `from`
 */
export async function bringToShape(
  pixels: Uint8Array,
  from: ImageShape,
  to: ImageShape,
  place: string,
): Promise<Uint8Array> {
  const [channels, height, width] = from;
  if (height === to[1] && width === to[2]) {
    if (channels === to[0]) return pixels;
    if (channels === 1) {
      const planes = new Uint8Array(to[0] * pixels.length);
      for (let c = 0; c < to[0]; c++) planes.set(pixels, c * pixels.length);
      return planes;
    }
  }
  const interleaved = new Uint8Array(pixels.length);
  for (let i = 0; i < height * width; i++)
    for (let c = 0; c < channels; c++)
      interleaved[i * channels + c] = pixels[c * height * width + i];
  const raw = { channels: channels as 1 | 3, height, width };
  return fit(sharp(interleaved, { raw }), width, height, to, place);
}

async function fit(
  image: Sharp,
  w: number,
  h: number,
  shape: ImageShape,
  place: string,
): Promise<Uint8Array> {
  const [, height, width] = shape;
  const isPixel = w * h === 1 && width * height > 1;
  if (
    isPixel ||
    w * largestEnlargement < width ||
    h * largestEnlargement < height
  )
    throw new MotifError(
      "dataset",
      `${place}: ${w}×${h} pixels, the model takes ${width}×${height}. Remove it or replace it by a larger one.`,
    );
  const isNear =
    w >= width && h >= height && Math.min(w / width, h / height) <= largestCrop;
  const fitted = isNear
    ? image.extract({
        left: Math.floor((w - width) / 2),
        top: Math.floor((h - height) / 2),
        width,
        height,
      })
    : image.resize(width, height, { fit: "cover" });
  const planes = await toPlanes(fitted, shape);
  if (!planes) throw new Error("it came out in another size than asked");
  return planes;
}

/** uint8 [C, H, W]; null where the image has another height or width. */
async function toPlanes(
  image: Sharp,
  [channels, height, width]: ImageShape,
): Promise<Uint8Array | null> {
  const { data, info } = await image
    .removeAlpha()
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  if (info.width !== width || info.height !== height) return null;
  const planes = new Uint8Array(channels * height * width);
  for (let c = 0; c < channels; c++) {
    const from = Math.min(c, info.channels - 1);
    const plane = c * height * width;
    for (let i = 0; i < height * width; i++)
      planes[plane + i] = data[i * info.channels + from];
  }
  return planes;
}

/** Says of which picture a decoder complains. */
async function explaining<Value>(
  place: string,
  decode: () => Promise<Value>,
): Promise<Value> {
  try {
    return await decode();
  } catch (cause) {
    if (cause instanceof MotifError) throw cause;
    const [what] = (cause as Error).message.split("\n", 1);
    throw new MotifError(
      "dataset",
      `${place}: it cannot be decoded (${what}). Remove it or replace it.`,
      { cause },
    );
  }
}

/** By content, since names lie; and before any decoder that was not meant for it sees the file. */
function checkFormat(bytes: Uint8Array, place: string): void {
  const start = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (/^(\xff\xd8\xff|\x89PNG|GIF8|RIFF....WEBP|II\*\0|MM\0\*)/s.test(start))
    return;
  throw new MotifError(
    "dataset",
    `${place}: its content is no JPEG, PNG, WebP, GIF or TIFF picture. Convert it, or remove it.`,
  );
}
