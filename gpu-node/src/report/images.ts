/** The pictures of one pattern: its canvas, its brightest pixels alone, its mask in colours; and the mask itself. */
import { join } from "node:path";
import sharp from "sharp";
import { MotifError } from "../motif-error.ts";
import { rankPixels } from "../evaluation/power-curve.ts";
import { writeFileAtomically } from "./atomic-file.ts";
import { rampColor } from "./color-ramp.ts";
import { encodeNpy } from "./npy.ts";
import type { PatternImages } from "./result.ts";

/** [C, H, W] with C = 1 (grey) or 3 (R, G, B). */
export type ImageShape = readonly [number, number, number];

/** Share of the pixels that a pattern picture keeps. */
export const patternFraction = 0.05;
/** A picture smaller than `resampleBelow` is enlarged by a whole factor until its shorter side has `shorterSide` pixels. */
const shorterSide = 256;
const resampleBelow = 224;

export interface PatternIdentity {
  readonly classIndex: number;
  readonly canvasIndex: number;
  readonly seed: number;
}

/** Number of pixels of the pattern picture: 5% of the image's, at least 1. */
export function patternSize(pixels: number): number {
  return Math.max(1, Math.round(patternFraction * pixels));
}

/** Whole factor by which pictures of H×W are enlarged on disk; 1 from 224 pixels on. */
export function enlargement(height: number, width: number): number {
  const shorter = Math.min(height, width);
  return shorter >= resampleBelow ? 1 : Math.ceil(shorterSide / shorter);
}

/**
 * Write three PNGs and the mask.
 * @param directory the folder of result.json
 * @param canvas 0…255, [C, H, W]
 * @param mask float32 [H, W], 0…1
 * @returns their paths, relative to `directory`
 * @throws MotifError "storage" if a file cannot be written; RangeError if sizes disagree or the mask is not finite
 */
export async function writePatternImages(
  directory: string,
  identity: PatternIdentity,
  canvas: Uint8Array,
  mask: Float32Array,
  shape: ImageShape,
): Promise<{ readonly images: PatternImages; readonly mask: string }> {
  const [, height, width] = shape;
  const name = `class-${String(identity.classIndex).padStart(4, "0")}-canvas-${identity.canvasIndex}-seed-${identity.seed}`;
  const images: PatternImages = {
    canvas: `images/${name}-canvas.png`,
    pattern: `images/${name}-pattern.png`,
    heatmap: `images/${name}-heatmap.png`,
  };
  const maskPath = `masks/${name}.npy`;
  const colors = canvasPixels(canvas, shape);
  await Promise.all([
    writePng(join(directory, images.canvas), colors, height, width),
    writePng(
      join(directory, images.pattern),
      keepPixels(colors, mask, patternSize(height * width)),
      height,
      width,
    ),
    writePng(
      join(directory, images.heatmap),
      heatmapPixels(mask),
      height,
      width,
    ),
    writeFileAtomically(
      join(directory, maskPath),
      encodeNpy(mask, [height, width]),
    ),
  ]);
  return { images, mask: maskPath };
}

/** @param canvas 0…255, [C, H, W] @returns R, G, B, A interleaved, [H, W, 4] */
export function canvasPixels(
  canvas: Uint8Array,
  [channels, height, width]: ImageShape,
): Uint8Array {
  if (channels !== 1 && channels !== 3) {
    throw new MotifError(
      "dataset",
      `an image of ${channels} channels cannot be drawn. Use grey or RGB images.`,
    );
  }
  const pixels = height * width;
  if (canvas.length !== channels * pixels) {
    throw new RangeError(
      `canvas: ${canvas.length} values for ${channels}×${height}×${width}`,
    );
  }
  const interleaved = new Uint8Array(pixels * 4);
  for (let i = 0; i < pixels; i++) {
    for (let channel = 0; channel < 3; channel++) {
      interleaved[i * 4 + channel] =
        canvas[(channels === 1 ? 0 : channel) * pixels + i]!;
    }
    interleaved[i * 4 + 3] = 255;
  }
  return interleaved;
}

/** The k pixels with the largest mask values; the others are transparent. */
function keepPixels(
  colors: Uint8Array,
  mask: Float32Array,
  k: number,
): Uint8Array {
  if (mask.length * 4 !== colors.length)
    throw new RangeError(
      `mask: ${mask.length} values for ${colors.length / 4} pixels`,
    );
  const kept = new Uint8Array(colors.length);
  for (const index of rankPixels(mask).subarray(0, k)) {
    kept.set(colors.subarray(index * 4, index * 4 + 4), index * 4);
  }
  return kept;
}

/** A mask in colours, always on the scale 0…1, so that pictures can be compared. */
function heatmapPixels(mask: Float32Array): Uint8Array {
  const table = Array.from({ length: 256 }, (_, i) => rampColor(i / 255));
  const colors = new Uint8Array(mask.length * 4);
  mask.forEach((value, i) => {
    colors.set(table[Math.round(Math.min(1, Math.max(0, value)) * 255)], i * 4);
    colors[i * 4 + 3] = 255;
  });
  return colors;
}

async function writePng(
  path: string,
  colors: Uint8Array,
  height: number,
  width: number,
): Promise<void> {
  const factor = enlargement(height, width);
  const png = await sharp(colors, { raw: { width, height, channels: 4 } })
    .resize(width * factor, height * factor, { kernel: "nearest" })
    .png({ compressionLevel: 9, adaptiveFiltering: false, palette: false })
    .toBuffer();
  await writeFileAtomically(path, png);
}

/** How finely a picture is inlined; `coarse` is for pages of hundreds of photographs. */
export type InlineDetail = "full" | "coarse";

/** Most pixels that a file on disk may unpack to: a result may come from elsewhere. */
const largestInput = 4096 * 4096;

/**
 * A picture as a `data:` URI at the model's own resolution; the browser enlarges it. WebP, lossless except for large
 * photographs. `coarse` halves canvas and heat map of large images and compresses them more; a pattern always keeps its pixels.
 * @param size [H, W] of the model's input
 * @throws MotifError "storage" if the file is missing or is no picture
 */
export async function inlineImage(
  path: string,
  [height, width]: readonly [number, number],
  kind: keyof PatternImages,
  detail: InlineDetail = "full",
): Promise<string> {
  const isLarge = Math.min(height, width) >= resampleBelow;
  const isCoarse = detail === "coarse" && isLarge && kind !== "pattern";
  const isLossless =
    !isCoarse && (kind === "pattern" || kind === "heatmap" || !isLarge);
  const divisor = isCoarse ? 2 : 1;
  try {
    const webp = await sharp(path, { limitInputPixels: largestInput })
      .resize(Math.ceil(width / divisor), Math.ceil(height / divisor), {
        kernel: isCoarse ? "lanczos3" : "nearest",
        fit: "fill",
      })
      .webp(
        isLossless
          ? { lossless: true, effort: 4 }
          : { quality: isCoarse ? 60 : 88, effort: 4 },
      )
      .toBuffer();
    return `data:image/webp;base64,${webp.toString("base64")}`;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MotifError(
      "storage",
      `${path}: it cannot be read (${reason}). Search this class again.`,
      { cause },
    );
  }
}
