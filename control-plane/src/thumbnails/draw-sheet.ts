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
  const block = blockOf(size);
  const panelHeight = Math.ceil(height / block);
  const panelWidth = Math.ceil(width / block);
  const cells = panelHeight * panelWidth;
  const cellOf = (index: number) =>
    Math.floor(Math.floor(index / width) / block) * panelWidth +
    Math.floor((index % width) / block);
  const sums = new Float64Array(cells * 3);
  const counts = new Uint32Array(cells);
  const largest = new Float32Array(cells);
  for (let index = 0; index < height * width; index++) {
    const cell = cellOf(index);
    for (let channel = 0; channel < 3; channel++)
      sums[cell * 3 + channel]! += colors[index * 3 + channel]!;
    counts[cell]!++;
    largest[cell] = Math.max(largest[cell]!, mask[index]!);
  }
  const ranks = new Uint32Array(cells).fill(noRank);
  const shown = Uint8Array.from(sums, (sum, i) =>
    Math.round(sum / counts[Math.floor(i / 3)]!),
  );
  topPixels.forEach((index, rank) => {
    const cell = cellOf(index);
    if (ranks[cell] !== noRank) return;
    ranks[cell] = rank;
    shown.set(colors.subarray(index * 3, index * 3 + 3), cell * 3);
  });
  const pixels = new Uint8Array(cells * 9);
  for (let cell = 0; cell < cells; cell++) {
    const row = Math.floor(cell / panelWidth);
    const at = (row * panelWidth * 3 + (cell % panelWidth)) * 3;
    const rank = ranks[cell]!;
    pixels.set(shown.subarray(cell * 3, cell * 3 + 3), at);
    pixels.set(
      [rank >> 16, (rank >> 8) & 0xff, rank & 0xff],
      at + panelWidth * 3,
    );
    pixels.fill(
      Math.round(Math.min(1, largest[cell]!) * 255),
      at + panelWidth * 6,
      at + panelWidth * 6 + 3,
    );
  }
  return { height: panelHeight, width: panelWidth * 3, pixels };
}

/** Side of the blocks, in pixels of the image. */
function blockOf([height, width]: readonly [number, number]): number {
  return Math.ceil(Math.max(height, width) / longestSide);
}
