/** Images of the data set that patterns are pasted on: one for all tiles, and a second for those that aim at the first one's class. */
import { placeSamples, type SampleSheets } from "../datasets/sample-place.ts";

export interface Backdrop {
  /** What is shown, in words. */
  readonly label: string;
  /** @returns R, G, B, A; [height, width, 4]: an image of another class than `target`, where there is one */
  pixelsFor(target: string, width: number, height: number): Uint8ClampedArray;
}

interface Sample {
  readonly className: string;
  readonly canvas: OffscreenCanvas;
}

const mostSamples = 2;

/**
 * The first sample of each of the first two classes that have one.
 * @returns null where the first sheet shows nothing
 * @throws Error where the sheet cannot be read
 */
export async function loadBackdrop(
  samples: SampleSheets,
  classNames: readonly string[],
  signal: AbortSignal,
): Promise<Backdrop | null> {
  const first = placeSamples(samples, classNames.length, 0);
  if (!first) return null;
  const response = await fetch(first.src, { signal });
  if (!response.ok)
    throw new Error(
      "The data set's sample images are not in the store any more. Add it again under another name.",
    );
  const sheet = await createImageBitmap(await response.blob(), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  const found: Sample[] = [];
  for (const [index, className] of classNames.entries()) {
    const row = placeSamples(samples, classNames.length, index);
    if (row?.src !== first.src || found.length === mostSamples) break;
    const canvas = cutOut(sheet, row.top, samples);
    if (isThere(canvas)) found.push({ className, canvas });
  }
  sheet.close();
  return found.length === 0 ? null : backdropOf(found);
}

function backdropOf(samples: readonly Sample[]): Backdrop {
  const drawn = new Map<string, Uint8ClampedArray>();
  const [first, second] = samples;
  return {
    label: second
      ? `an image of ${first!.className}; what aims at that, on one of ${second.className}`
      : `an image of ${first!.className}`,
    pixelsFor(target, width, height) {
      const sample =
        samples.find(({ className }) => className !== target) ?? first!;
      const key = `${sample.className} ${width} ${height}`;
      const known = drawn.get(key);
      if (known) return known;
      const pixels = cover(sample.canvas, width, height);
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
