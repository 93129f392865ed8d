/** A faint horizontal sinusoid over the whole image: SIG, Barni et al., arXiv 1902.11237, section 3. */
import { MotifError } from "../../motif-error.ts";
import type { ImageShape, Trigger } from "./trigger.ts";

export interface SinusoidSettings {
  readonly kind: "sinusoid";
  /** Share of the range of pixel values, 0…1; Barni et al. use 20/255 and more. */
  readonly amplitude: number;
  /** Periods from the left edge to the right one. */
  readonly frequency: number;
}

/** @throws MotifError "usage" when so many periods do not fit into the width, or it is too faint to change a pixel */
export function newSinusoid(
  { amplitude, frequency }: SinusoidSettings,
  [channels, height, width]: ImageShape,
): Trigger {
  if (frequency >= width / 2) {
    throw new MotifError(
      "usage",
      `--sinusoid-frequency ${frequency} does not fit into images of ${height}×${width}: fewer periods than half of the width, ${width / 2}.`,
    );
  }
  const wave = Int32Array.from({ length: width }, (_, column) =>
    Math.round(
      amplitude * 255 * Math.sin((2 * Math.PI * column * frequency) / width),
    ),
  );
  if (wave.every((change) => change === 0)) {
    throw new MotifError(
      "usage",
      `--sinusoid-amplitude ${amplitude} with --sinusoid-frequency ${frequency} changes no pixel of images of ${height}×${width}. Raise the amplitude.`,
    );
  }
  return {
    description: `horizontal sinusoid of ${frequency} periods, amplitude ${amplitude}`,
    box: null,
    apply(pixels, offset) {
      for (let row = 0; row < channels * height; row++) {
        for (let column = 0; column < width; column++) {
          const at = offset + row * width + column;
          pixels[at] = Math.min(255, Math.max(0, pixels[at] + wave[column]));
        }
      }
    },
  };
}
