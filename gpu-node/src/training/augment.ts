/** Small changes that keep an image's class, another each time it is seen. */
import type { Random } from "../data/index.ts";

export interface Augmentation {
  /** Whether an image is mirrored left to right half of the time. */
  readonly hasFlip: boolean;
  /** Most pixels by which an image is moved in each direction; what comes in from outside is black. */
  readonly shift: number;
}

/**
 * Writes a changed copy of one image.
 * @param from uint8 [C, H, W] at `offset` of `images` @param into of the same layout, at the same offset
 */
export function augmentImage(
  images: Uint8Array,
  into: Uint8Array,
  offset: number,
  [channels, height, width]: readonly [number, number, number],
  { hasFlip, shift }: Augmentation,
  random: Random,
): void {
  const isFlipped = hasFlip && random.nextBelow(2) === 1;
  const down = random.nextBelow(2 * shift + 1) - shift;
  const right = random.nextBelow(2 * shift + 1) - shift;
  for (let channel = 0; channel < channels; channel++) {
    const plane = offset + channel * height * width;
    for (let row = 0; row < height; row++) {
      const fromRow = row - down;
      for (let column = 0; column < width; column++) {
        const moved = column - right;
        const fromColumn = isFlipped ? width - 1 - moved : moved;
        const isInside =
          fromRow >= 0 &&
          fromRow < height &&
          fromColumn >= 0 &&
          fromColumn < width;
        into[plane + row * width + column] = isInside
          ? images[plane + fromRow * width + fromColumn]
          : 0;
      }
    }
  }
}
