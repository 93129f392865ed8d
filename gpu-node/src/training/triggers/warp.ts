/**
 * A slight, smooth warping of the whole image: WaNet, Nguyen & Tran, arXiv 2102.10369, section 3. Points and interpolation are
 * those of the authors' code: corners are on corners, what would come from outside comes from the edge.
 */
import { randomFrom, type Random } from "../../data/index.ts";
import { MotifError } from "../../motif-error.ts";
import { upsampleBicubically } from "./bicubic.ts";
import type { ImageShape, Trigger } from "./trigger.ts";

export interface WarpSettings {
  readonly kind: "warp";
  /** Control points in each direction, k; the paper uses 4. */
  readonly grid: number;
  /** The paper's s, 0.5 there: control points move by half of it on average, pixels. */
  readonly strength: number;
  /** Of the control points' movements. */
  readonly seed: number;
}

/** How far each pixel's value comes from: pixels, [H, W] each. */
export interface Field {
  readonly down: Float64Array;
  readonly right: Float64Array;
}

/** @throws MotifError "usage" when the control grid does not fit into the image */
export function newWarp(
  { grid, strength, seed }: WarpSettings,
  imageShape: ImageShape,
): Trigger {
  const [, height, width] = imageShape;
  if (grid > Math.min(height, width)) {
    throw new MotifError(
      "usage",
      `--warp-grid ${grid} does not fit into images of ${height}×${width}: at most ${Math.min(height, width)}.`,
    );
  }
  const field = drawField(grid, strength, seed, height, width);
  return {
    description: `warping of strength ${strength} by ${grid}×${grid} control points of seed ${seed}`,
    box: null,
    apply: (pixels, offset) => resample(pixels, offset, imageShape, field),
    applyNoised(pixels, offset, random) {
      const noised = perturb(field, random, height, width);
      resample(pixels, offset, imageShape, noised);
    },
  };
}

/** Movements uniform in [-1, 1], normalised to a mean of 1 by size, and spread over the pixels. */
function drawField(
  grid: number,
  strength: number,
  seed: number,
  height: number,
  width: number,
): Field {
  const random = randomFrom("warping field", seed, grid);
  const drawn = new Float64Array(2 * grid * grid).map(
    () => 2 * random.next() - 1,
  );
  const size =
    drawn.reduce((sum, value) => sum + Math.abs(value), 0) / drawn.length;
  const along = (part: Float64Array, length: number) =>
    upsampleBicubically(part, grid, height, width).map(
      (value) => ((strength * value) / size) * pixelsOf(length),
    );
  return {
    right: along(drawn.subarray(0, grid * grid), width),
    down: along(drawn.subarray(grid * grid), height),
  };
}

/** The paper's unit, in which an image goes from -1 to 1 and movements are divided by its length, in pixels. */
const pixelsOf = (length: number) => (length - 1) / (2 * length);

/** The paper's noise mode: every pixel comes from somewhere else by up to half a pixel more, in each direction. */
function perturb(
  { down, right }: Field,
  random: Random,
  height: number,
  width: number,
): Field {
  const along = (part: Float64Array, length: number) =>
    part.map((value) => value + (2 * random.next() - 1) * pixelsOf(length));
  return { right: along(right, width), down: along(down, height) };
}

/**
 * Bilinear, of points that are brought back to the image.
 * @param pixels uint8 [N, C, H, W]: the image at `offset` is changed
 */
export function resample(
  pixels: Uint8Array,
  offset: number,
  [channels, height, width]: ImageShape,
  { down, right }: Field,
): void {
  const planeSize = height * width;
  const original = pixels.slice(offset, offset + channels * planeSize);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = row * width + column;
      const y = Math.min(height - 1, Math.max(0, row + down[at]));
      const x = Math.min(width - 1, Math.max(0, column + right[at]));
      const [top, left] = [Math.floor(y), Math.floor(x)];
      const bottom = Math.min(top + 1, height - 1) * width;
      const beside = Math.min(left + 1, width - 1);
      const [fromTop, fromLeft] = [y - top, x - left];
      for (let channel = 0; channel < channels; channel++) {
        const plane = channel * planeSize;
        const upper = plane + top * width;
        const lower = plane + bottom;
        const above =
          (1 - fromLeft) * original[upper + left] +
          fromLeft * original[upper + beside];
        const below =
          (1 - fromLeft) * original[lower + left] +
          fromLeft * original[lower + beside];
        pixels[offset + plane + at] = Math.round(
          (1 - fromTop) * above + fromTop * below,
        );
      }
    }
  }
}
