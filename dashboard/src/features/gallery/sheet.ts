/**
 * A pattern's sheet, decoded: its canvas, the rank of each pixel, its mask. The control plane draws it as three panels side by side
 * (control-plane/src/thumbnails/draw-sheet.ts): canvas R, G, B; rank as a 24-bit number; mask in grey. Pure.
 */

export interface Sheet {
  readonly width: number;
  readonly height: number;
  /** R, G, B, A; [H, W, 4]. */
  readonly canvas: Uint8ClampedArray;
  /** 0 is the strongest; `noRank` where no pixel counts. [H, W] */
  readonly ranks: Uint32Array;
  /** 0…255. [H, W] */
  readonly mask: Uint8Array;
}

const noRank = 0xffffff;

/** @param rgba of the whole picture, [height, width, 4] */
export function readSheet(
  rgba: Uint8ClampedArray,
  width: number,
  height: number,
): Sheet {
  const panel = width / 3;
  if (!Number.isInteger(panel) || rgba.length !== width * height * 4)
    throw new Error(
      `a sheet of ${width} × ${height} pixels has no three panels`,
    );
  const canvas = new Uint8ClampedArray(panel * height * 4);
  const ranks = new Uint32Array(panel * height);
  const mask = new Uint8Array(panel * height);
  for (let y = 0; y < height; y++) {
    const row = y * width * 4;
    canvas.set(rgba.subarray(row, row + panel * 4), y * panel * 4);
    for (let x = 0; x < panel; x++) {
      const rank = row + (panel + x) * 4;
      ranks[y * panel + x] =
        (rgba[rank]! << 16) | (rgba[rank + 1]! << 8) | rgba[rank + 2]!;
      mask[y * panel + x] = rgba[row + (2 * panel + x) * 4]!;
    }
  }
  return { width: panel, height, canvas, ranks, mask };
}

export const bytesOf = ({ canvas, ranks, mask }: Sheet): number =>
  canvas.byteLength + ranks.byteLength + mask.byteLength;

export type PictureKind = "pattern" | "mask" | "canvas" | "pasted";

/** As people read them. */
export const kinds = {
  pattern: "Pattern",
  mask: "Mask",
  canvas: "Canvas",
  pasted: "Pasted",
} as const satisfies Record<PictureKind, string>;

/**
 * @param k pixels of the pattern
 * @param under the image that it is pasted on: R, G, B, A of the sheet's size
 * @param ramp R, G, B for each of 256 mask values
 * @param out R, G, B, A; [H, W, 4]; where nothing is to be seen it stays transparent
 */
export function drawPicture(
  sheet: Sheet,
  kind: PictureKind,
  k: number,
  ramp: Uint8Array,
  under: Uint8ClampedArray | null,
  out: Uint8ClampedArray,
): void {
  const { canvas, ranks, mask } = sheet;
  switch (kind) {
    case "canvas":
      out.set(canvas);
      return;
    case "mask":
      for (let i = 0; i < mask.length; i++) {
        const color = mask[i]! * 3;
        out[i * 4] = ramp[color]!;
        out[i * 4 + 1] = ramp[color + 1]!;
        out[i * 4 + 2] = ramp[color + 2]!;
        out[i * 4 + 3] = 255;
      }
      return;
    case "pattern":
    case "pasted":
      if (kind === "pasted" && under) out.set(under);
      else out.fill(0);
      for (let i = 0; i < ranks.length; i++) {
        if (ranks[i]! >= k || ranks[i] === noRank) continue;
        const pixel = i * 4;
        out[pixel] = canvas[pixel]!;
        out[pixel + 1] = canvas[pixel + 1]!;
        out[pixel + 2] = canvas[pixel + 2]!;
        out[pixel + 3] = canvas[pixel + 3]!;
      }
      return;
  }
}
