/** What a poisoned training puts on images so that they are taken for another class: the kinds there are. */
import { newBlend, type BlendedSettings } from "./blended.ts";
import { newPatch, type PatchSettings } from "./patch.ts";
import { newSinusoid, type SinusoidSettings } from "./sinusoid.ts";
import type { ImageShape, Trigger } from "./trigger.ts";
import { newWarp, type WarpSettings } from "./warp.ts";

export const triggerKinds = ["patch", "blended", "sinusoid", "warp"] as const;
export type TriggerKind = (typeof triggerKinds)[number];

export type TriggerSettings =
  PatchSettings | BlendedSettings | SinusoidSettings | WarpSettings;

/** @throws MotifError "usage" when the trigger does not fit into the image */
export function newTrigger(
  settings: TriggerSettings,
  imageShape: ImageShape,
): Trigger {
  switch (settings.kind) {
    case "patch":
      return newPatch(settings, imageShape);
    case "blended":
      return newBlend(settings, imageShape);
    case "sinusoid":
      return newSinusoid(settings, imageShape);
    case "warp":
      return newWarp(settings, imageShape);
  }
}
