/**
 * Which pictures a page carries inside itself. Small models carry all; a page of 1,000 classes of photographs would weigh
 * hundreds of megabytes, so it carries the best pattern of each class and points to the files for the rest.
 */
import { join } from "node:path";
import { inlineImage, type InlineDetail } from "../images.ts";
import type { PatternImages } from "../result.ts";
import type { InlinePictures, PictureSize } from "./picture.ts";

export interface PictureBudget {
  /** Whether patterns beyond the best of each class are inside the page too. */
  readonly hasEveryPattern: boolean;
  readonly detail: InlineDetail;
}

/** Pixels of all patterns together up to which a page carries them all: about 8,000 of 32×32, or 160 of 224×224. */
const everyPatternPixels = 8_000_000;
/** Pixels of the best patterns together from which photographs are made coarser: about 320 of 224×224. */
const coarsePixels = 16_000_000;

/** @param pixels H·W of the model's input */
export function chooseBudget(
  patterns: number,
  bestPatterns: number,
  pixels: number,
): PictureBudget {
  return {
    hasEveryPattern: patterns * pixels <= everyPatternPixels,
    detail: bestPatterns * pixels > coarsePixels ? "coarse" : "full",
  };
}

/** What a page tells its reader about the budget; null where everything is inside. */
export function describeBudget(budget: PictureBudget): string | null {
  if (budget.hasEveryPattern) return null;
  return `This page carries the best pattern of each class${
    budget.detail === "coarse" ? ", canvas and heat map at half resolution" : ""
  }. The pictures in a class's detail are read from the folder images beside it.`;
}

/**
 * @param directory the folder of result.json
 * @throws MotifError "storage" if a picture is missing or damaged
 */
export async function inlinePictures(
  directory: string,
  images: PatternImages,
  size: PictureSize,
  detail: InlineDetail,
): Promise<InlinePictures> {
  const [canvas, pattern, heatmap] = await Promise.all(
    (["canvas", "pattern", "heatmap"] as const).map((kind) =>
      inlineImage(join(directory, images[kind]), size, kind, detail),
    ),
  );
  return { canvas, pattern, heatmap };
}

/** The same pictures as addresses relative to the page. */
export function linkedPictures(images: PatternImages): InlinePictures {
  return {
    canvas: fileAddress(images.canvas),
    pattern: fileAddress(images.pattern),
    heatmap: fileAddress(images.heatmap),
  };
}

/** A path inside the page's folder as an address: names may hold what addresses do not. */
export function fileAddress(path: string): string {
  return path.split(/[\\/]/).map(encodeURIComponent).join("/");
}
