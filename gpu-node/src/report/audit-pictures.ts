/** What an audit found, for people to see: the finding itself, an image, and the image with it. */
import sharp from "sharp";
import type { Perturbation } from "../audit/perturbations/perturbation.ts";
import { canvasPixels, type ImageShape } from "./images.ts";

/** PNGs as `data:` URIs, at the model's resolution. */
export interface FindingPictures {
  /** Few pixels on nothing, a picture, or how far pixels move (grey: nowhere). */
  readonly finding: string;
  readonly original: string;
  readonly changed: string;
}

/**
 * @param found values of the perturbation's variables @param strength it is shown at
 * @param image uint8 [C, H, W], of another class
 */
export async function drawFinding(
  perturbation: Perturbation,
  found: readonly Float32Array[],
  strength: number,
  image: Uint8Array,
  shape: ImageShape,
): Promise<FindingPictures> {
  const changed = new Uint8Array(image.length);
  perturbation.apply(found)(strength, image, changed, 1);
  return {
    finding: await encode(
      perturbation.draw(found, strength),
      shape[1],
      shape[2],
    ),
    original: await encode(canvasPixels(image, shape), shape[1], shape[2]),
    changed: await encode(canvasPixels(changed, shape), shape[1], shape[2]),
  };
}

/** @param colors R, G, B, A interleaved, [H, W, 4] */
async function encode(
  colors: Uint8Array,
  height: number,
  width: number,
): Promise<string> {
  const png = await sharp(colors, { raw: { width, height, channels: 4 } })
    .png({ compressionLevel: 9, adaptiveFiltering: false, palette: false })
    .toBuffer();
  return `data:image/png;base64,${png.toString("base64")}`;
}
