/** Where the pixel values of a pattern come from (METHOD: "Canvases"). */
import { randomFrom, type Dataset, type Parts } from "../data/index.ts";
import { MotifError } from "../motif-error.ts";
import type { CanvasSource } from "./settings.ts";

export interface Canvas {
  /** uint8 [C, H, W]. */
  readonly pixels: Uint8Array;
  /** Index in the data set of the image it is; null where it is made. */
  readonly imageIndex: number | null;
}

/** The images of `targetClass` in the canvas part, in order. */
export function listCanvasImages(
  dataset: Dataset,
  parts: Parts,
  targetClass: number,
): Int32Array {
  return parts.canvas.filter((index) => dataset.labels[index] === targetClass);
}

/**
 * The canvas of one search. `noise` and the start of `free` are the same for every class, so that classes can be compared.
 * @throws MotifError "usage" when the class has no canvas image of that index
 */
export async function readCanvas(
  dataset: Dataset,
  parts: Parts,
  source: CanvasSource,
  targetClass: number,
  canvasIndex: number,
): Promise<Canvas> {
  const [channels, height, width] = dataset.imageShape;
  const pixels = new Uint8Array(channels * height * width);
  switch (source) {
    case "natural": {
      const images = listCanvasImages(dataset, parts, targetClass);
      const imageIndex = images[canvasIndex];
      if (imageIndex === undefined) {
        throw new MotifError(
          "usage",
          `class ${targetClass} has ${images.length} canvas images, there is no canvas ${canvasIndex}. Ask for fewer --canvases.`,
        );
      }
      await dataset.read([imageIndex], pixels);
      return { pixels, imageIndex };
    }
    case "noise": {
      const random = randomFrom("noise canvas", canvasIndex);
      for (let i = 0; i < pixels.length; i++)
        pixels[i] = random.nextBelow(2) * 255;
      return { pixels, imageIndex: null };
    }
    case "free": {
      const random = randomFrom("free canvas", canvasIndex);
      for (let i = 0; i < pixels.length; i++) pixels[i] = random.nextBelow(256);
      return { pixels, imageIndex: null };
    }
  }
}
