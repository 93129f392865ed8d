/** A small patch at a fixed place: BadNets, Gu et al., arXiv 1708.06733. */
import { MotifError } from "../../motif-error.ts";
import type { ImageShape, Trigger, TriggerBox } from "./trigger.ts";

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

/** @throws MotifError "usage" when it does not fit into the image */
export function newPatch(
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
