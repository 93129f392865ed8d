/**
 * A pattern as one small picture of three panels, from which a page can show the pattern of any k without asking again: the canvas, the
 * rank of each pixel, the mask. Pure.
 */

/** Larger images are reduced by a whole factor until their longer side has at most this many pixels. */
const longestSide = 112;
/** In the rank panel: no pixel here counts. */
export const noRank = 0xffffff;

export interface SheetSource {
  /** [H, W]. */
  readonly size: readonly [number, number];
  /** Of the canvas: R, G, B interleaved, [H, W, 3]. */
  readonly colors: Uint8Array;
  /** Flat pixel indices, best first; those that count. */
  readonly topPixels: readonly number[];
  /** [H, W], 0…1. */
  readonly mask: Float32Array;
}

export interface Sheet {
  readonly height: number;
  /** Of the three panels together. */
  readonly width: number;
  /** R, G, B interleaved, [height, width, 3]. */
  readonly pixels: Uint8Array;
}

/**
 * A block of the image is a pixel of the sheet. Its rank is that of its best pixel, and so is its canvas colour, so that what is shown of
 * a pattern is what is in it; a block without one has its mean colour. Its mask value is its largest.
 */
export function drawSheet({
  size,
  colors,
  topPixels,
  mask,
}: SheetSource): Sheet {
  const [height, width] = size;
  const block = Math.ceil(Math.max(height, width) / longestSide);
  const panelHeight = Math.ceil(height / block);
  const panelWidth = Math.ceil(width / block);
  const ranks = new Uint32Array(panelHeight * panelWidth).fill(noRank);
  const best = new Int32Array(ranks.length).fill(-1);
  topPixels.forEach((index, rank) => {
    const y = Math.floor(index / width);
    const cell =
      Math.floor(y / block) * panelWidth +
      Math.floor((index - y * width) / block);
    if (best[cell] !== -1) return;
    best[cell] = index;
    ranks[cell] = rank;
  });
  const pixels = new Uint8Array(ranks.length * 9);
  for (let row = 0; row < panelHeight; row++)
    for (let column = 0; column < panelWidth; column++) {
      const cell = row * panelWidth + column;
      const bottom = Math.min(height, (row + 1) * block);
      const right = Math.min(width, (column + 1) * block);
      let [red, green, blue, count, largest] = [0, 0, 0, 0, 0];
      for (let y = row * block; y < bottom; y++)
        for (let x = column * block; x < right; x++) {
          const index = y * width + x;
          red += colors[index * 3]!;
          green += colors[index * 3 + 1]!;
          blue += colors[index * 3 + 2]!;
          count++;
          if (mask[index]! > largest) largest = mask[index]!;
        }
      const canvasAt = (row * panelWidth * 3 + column) * 3;
      const shown = best[cell]! * 3;
      if (shown >= 0) {
        pixels[canvasAt] = colors[shown]!;
        pixels[canvasAt + 1] = colors[shown + 1]!;
        pixels[canvasAt + 2] = colors[shown + 2]!;
      } else {
        pixels[canvasAt] = Math.round(red / count);
        pixels[canvasAt + 1] = Math.round(green / count);
        pixels[canvasAt + 2] = Math.round(blue / count);
      }
      const rankAt = canvasAt + panelWidth * 3;
      const rank = ranks[cell]!;
      pixels[rankAt] = rank >> 16;
      pixels[rankAt + 1] = (rank >> 8) & 0xff;
      pixels[rankAt + 2] = rank & 0xff;
      const maskAt = rankAt + panelWidth * 3;
      pixels.fill(Math.round(Math.min(1, largest) * 255), maskAt, maskAt + 3);
    }
  return { height: panelHeight, width: panelWidth * 3, pixels };
}
