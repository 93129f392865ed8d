/** Where everything lies in a picture of a whole gallery, in CSS pixels: rows beneath each other, in as many blocks side by side as give a page. Pure. */
import { captionHeight, tileGap } from "../gallery-layout.ts";

export interface PictureLayout {
  readonly width: number;
  readonly height: number;
  /** Pixels of the picture for one CSS pixel. */
  readonly ratio: 1 | 2;
  readonly blocks: number;
  readonly rowsPerBlock: number;
  readonly labelWidth: number;
  readonly headHeight: number;
  /** Of row `index`, from the left of its block's labels and the top of its tiles. */
  readonly placeOf: (index: number) => {
    readonly left: number;
    readonly top: number;
  };
}

export const margin = 24;
export const titleHeight = 56;
export const footHeight = 28;
export const labelWidth = 132;
const blockGap = 32;
/** Of a page's width to its height. */
const aspect = 4 / 3;
/** Of one side; what browsers draw on. */
const longestSide = 16_000;
/** Of the whole: what Firefox still draws (Chromium more than twice as many), 460 MiB while the file is made. */
const mostPixels = 120_000_000;

/**
 * @param rowWidth of a class's tiles
 * @param side of a tile
 * @param headHeight of the columns' titles
 * @returns null where a picture cannot hold so many
 */
export function layPicture(
  rowCount: number,
  rowWidth: number,
  side: number,
  headHeight: number,
): PictureLayout | null {
  const blockWidth = labelWidth + rowWidth + blockGap;
  const rowHeight = side + captionHeight + tileGap;
  const widthOf = (blocks: number) =>
    2 * margin + blocks * blockWidth - blockGap;
  const heightOf = (blocks: number) =>
    2 * margin +
    titleHeight +
    footHeight +
    headHeight +
    Math.ceil(rowCount / blocks) * rowHeight;
  let blocks = 1;
  while (
    blocks < rowCount &&
    widthOf(blocks + 1) <= aspect * heightOf(blocks + 1)
  )
    blocks++;
  const rowsPerBlock = Math.ceil(rowCount / blocks);
  // The last rows may need fewer blocks than there would be room for.
  blocks = Math.ceil(rowCount / rowsPerBlock);
  const [width, height] = [widthOf(blocks), heightOf(blocks)];
  const fits = (ratio: number) =>
    Math.max(width, height) * ratio <= longestSide &&
    width * height * ratio ** 2 <= mostPixels;
  const ratio = fits(2) ? 2 : fits(1) ? 1 : null;
  if (ratio === null) return null;
  return {
    ...{ width, height, ratio, blocks, rowsPerBlock, labelWidth, headHeight },
    placeOf: (index) => ({
      left: margin + Math.floor(index / rowsPerBlock) * blockWidth,
      top:
        margin + titleHeight + headHeight + (index % rowsPerBlock) * rowHeight,
    }),
  };
}
