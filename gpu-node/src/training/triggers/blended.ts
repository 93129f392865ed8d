/** A faint picture over the whole image: Blended, Chen et al., arXiv 1712.05526. */
import { randomFrom } from "../../data/index.ts";
import type { ImageShape, Trigger } from "./trigger.ts";

export interface BlendedSettings {
  readonly kind: "blended";
  /** Share of the picture in the mixture, 0…1; 0.1–0.2 is customary. */
  readonly share: number;
  /** Of the picture, uniform noise. */
  readonly seed: number;
}

export function newBlend(
  { share, seed }: BlendedSettings,
  imageShape: ImageShape,
): Trigger {
  const random = randomFrom("blended picture", seed);
  const picture = new Uint8Array(
    imageShape[0] * imageShape[1] * imageShape[2],
  ).map(() => random.nextBelow(256));
  return {
    description: `full-size noise of seed ${seed}, mixed in at ${share}`,
    box: null,
    apply(pixels, offset) {
      picture.forEach((value, i) => {
        pixels[offset + i] = Math.round(
          (1 - share) * pixels[offset + i] + share * value,
        );
      });
    },
  };
}
