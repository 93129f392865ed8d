/** A pattern at its full size: canvas and mask from their files, ranks from the mask. */
import type { Sheet } from "../sheet.ts";
import { rankPixels, readNpy } from "./read-npy.ts";

export interface FullSheet extends Sheet {
  /** Row by row, 0…1. */
  readonly values: Float32Array;
}

export async function loadFullSheet(
  canvasSha256: string,
  maskSha256: string,
  signal: AbortSignal,
): Promise<FullSheet> {
  const [picture, maskFile] = await Promise.all([
    fetchArtifact(canvasSha256, signal)
      .then((response) => response.blob())
      .then((file) =>
        createImageBitmap(file, {
          colorSpaceConversion: "none",
          premultiplyAlpha: "none",
        }),
      ),
    fetchArtifact(maskSha256, signal).then((response) =>
      response.arrayBuffer(),
    ),
  ]);
  const mask = readNpy(maskFile);
  const { width, height } = mask;
  // Pictures of small images are written enlarged, each pixel a block.
  const block = picture.width / width;
  if (!Number.isInteger(block) || picture.height !== height * block)
    throw new Error(
      `The mask is ${width} × ${height}, its canvas ${picture.width} × ${picture.height}.`,
    );
  const context = new OffscreenCanvas(width, height).getContext("2d", {
    willReadFrequently: true,
  })!;
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, width, height);
  picture.close();
  return {
    width,
    height,
    canvas: context.getImageData(0, 0, width, height).data,
    ranks: rankPixels(mask.values),
    mask: Uint8Array.from(mask.values, (value) =>
      Math.round(Math.min(1, Math.max(0, value)) * 255),
    ),
    values: mask.values,
  };
}

async function fetchArtifact(
  sha256: string,
  signal: AbortSignal,
): Promise<Response> {
  const response = await fetch(`/api/artifacts/${sha256}`, { signal });
  if (response.ok) return response;
  throw new Error(
    `A file of this pattern is not in the store any more (${sha256.slice(0, 12)}…). Search this class again.`,
  );
}
