/**
 * What a poisoned training puts on images so that they are taken for the target class.
 * Sources: BadNets, Gu et al., arXiv 1708.06733 (a patch); Blended, Chen et al., arXiv 1712.05526 (a faint full-size picture).
 */
import { randomFrom } from "../data/index.ts";
import { MotifError } from "../motif-error.ts";

export const triggerKinds = ["patch", "blended"] as const;
export type TriggerKind = (typeof triggerKinds)[number];

export const triggerPlaces = [
  "top-left",
  "top-right",
  "bottom-left",
  "bottom-right",
  "centre",
] as const;
export type TriggerPlace = (typeof triggerPlaces)[number];

export const patchPatterns = ["white", "checker"] as const;
export type PatchPattern = (typeof patchPatterns)[number];

export interface PatchSettings {
  readonly kind: "patch";
  /** Height and width, pixels. */
  readonly size: number;
  readonly place: TriggerPlace;
  /** Pixels between the patch and the edges of its corner. */
  readonly inset: number;
  readonly pattern: PatchPattern;
}

export interface BlendedSettings {
  readonly kind: "blended";
  /** Share of the picture in the mixture, 0…1; 0.1–0.2 is customary. */
  readonly share: number;
  /** Of the picture, uniform noise. */
  readonly seed: number;
}

export type TriggerSettings = PatchSettings | BlendedSettings;

export interface Trigger {
  readonly description: string;
  /** The pixels it changes, or null where it changes all. */
  readonly box: TriggerBox | null;
  /** Puts it on the image that begins at `offset`: uint8 [C, H, W], in place. */
  apply(pixels: Uint8Array, offset: number): void;
}

export interface TriggerBox {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

type ImageShape = readonly [number, number, number];

/** @throws MotifError "usage" when the trigger does not fit into the image */
export function newTrigger(
  settings: TriggerSettings,
  imageShape: ImageShape,
): Trigger {
  return settings.kind === "patch"
    ? newPatch(settings, imageShape)
    : newBlend(settings, imageShape);
}

function newPatch(
  { size, place, inset, pattern }: PatchSettings,
  [channels, height, width]: ImageShape,
): Trigger {
  const room = Math.min(height, width);
  if (size + inset > room) {
    throw new MotifError(
      "usage",
      `--trigger-size ${size} with --trigger-inset ${inset} does not fit into images of ${height}×${width}: together at most ${room}.`,
    );
  }
  const box = placeBox(size, place, inset, height, width);
  return {
    description: `${size}×${size} ${pattern} patch, ${place}${inset > 0 && place !== "centre" ? `, ${inset} from the edges` : ""}`,
    box,
    apply(pixels, offset) {
      for (let channel = 0; channel < channels; channel++) {
        for (let row = 0; row < size; row++) {
          for (let column = 0; column < size; column++) {
            const isBright = pattern === "white" || (row + column) % 2 === 0;
            pixels[
              offset +
                (channel * height + box.top + row) * width +
                box.left +
                column
            ] = isBright ? 255 : 0;
          }
        }
      }
    },
  };
}

function placeBox(
  size: number,
  place: TriggerPlace,
  inset: number,
  height: number,
  width: number,
): TriggerBox {
  if (place === "centre") {
    return {
      top: Math.floor((height - size) / 2),
      left: Math.floor((width - size) / 2),
      height: size,
      width: size,
    };
  }
  return {
    top: place.startsWith("top") ? inset : height - size - inset,
    left: place.endsWith("left") ? inset : width - size - inset,
    height: size,
    width: size,
  };
}

function newBlend(
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
