/** Images of the data set that patterns are pasted on: one for all tiles, and a second for those that aim at the first one's class. */
import { placeSamples, type SampleSheets } from "../datasets/sample-place.ts";

export interface Backdrop {
  /** What is shown, in words. */
  readonly label: string;
  /** @returns R, G, B, A; [height, width, 4]: an image of another class than `target`, where there is one */
  pixelsFor(target: string, width: number, height: number): Uint8ClampedArray;
}

export interface BackdropImage {
  readonly classIndex: number;
  readonly canvas: OffscreenCanvas;
}

const mostImages = 2;

/**
 * @returns the first sample of each of the first two classes that have one on the first sheet
 * @throws Error where the sheet cannot be read
 */
export async function loadBackdropImages(
  samples: SampleSheets,
  classCount: number,
  signal: AbortSignal,
): Promise<readonly BackdropImage[]> {
  const first = placeSamples(samples, classCount, 0);
  if (!first) return [];
  const response = await fetch(first.src, { signal });
  if (!response.ok)
    throw new Error(
      "The data set's sample images are not in the store any more. Add it again under another name.",
    );
  const sheet = await createImageBitmap(await response.blob(), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  const found: BackdropImage[] = [];
  const classesThere = Math.min(samples.classesPerSheet, classCount);
  for (let index = 0; index < classesThere; index++) {
    if (found.length === mostImages) break;
    const canvas = cutOut(sheet, index * samples.height, samples);
    if (isThere(canvas)) found.push({ classIndex: index, canvas });
  }
  sheet.close();
  return found;
}

/** @param nameOf what the gallery calls a class @returns null without images */
export function newBackdrop(
  images: readonly BackdropImage[],
  nameOf: (classIndex: number) => string,
): Backdrop | null {
  const named = images.map((image) => ({
    ...image,
    name: nameOf(image.classIndex),
  }));
  const [first, second] = named;
  if (!first) return null;
  const drawn = new Map<string, Uint8ClampedArray>();
  return {
    label: second
      ? `an image of ${first.name}; what aims at ${first.name}, on one of ${second.name}`
      : `an image of ${first.name}`,
    pixelsFor(target, width, height) {
      const image = named.find(({ name }) => name !== target) ?? first;
      const key = `${image.classIndex} ${width} ${height}`;
      const known = drawn.get(key);
      if (known) return known;
      const pixels = cover(image.canvas, width, height);
      drawn.set(key, pixels);
      return pixels;
    },
  };
}

function cutOut(
  sheet: ImageBitmap,
  top: number,
  { height, width }: SampleSheets,
): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.drawImage(sheet, 0, top, width, height, 0, 0, width, height);
  return canvas;
}

/** What a class lacks is transparent. */
function isThere(canvas: OffscreenCanvas): boolean {
  const [x, y] = [canvas.width >> 1, canvas.height >> 1];
  return canvas.getContext("2d")!.getImageData(x, y, 1, 1).data[3] === 255;
}

/** As models see images of another size: scaled to cover, the middle kept. */
function cover(
  sample: OffscreenCanvas,
  width: number,
  height: number,
): Uint8ClampedArray {
  const context = new OffscreenCanvas(width, height).getContext("2d", {
    willReadFrequently: true,
  })!;
  const scale = Math.max(width / sample.width, height / sample.height);
  const [across, down] = [sample.width * scale, sample.height * scale];
  context.imageSmoothingEnabled = scale !== 1;
  context.imageSmoothingQuality = "high";
  context.drawImage(
    sample,
    (width - across) / 2,
    (height - down) / 2,
    across,
    down,
  );
  return context.getImageData(0, 0, width, height).data;
}
