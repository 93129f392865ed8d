/** The backdoor of a model that `motif train` poisoned, rebuilt from what its manifest records of the training. */
import { z } from "zod";
import type { Manifest } from "../data/index.ts";
import { MotifError } from "../motif-error.ts";
import {
  newTrigger,
  patchPatterns,
  triggerPlaces,
  type Trigger,
} from "./trigger.ts";

const pixels = z.number().int().min(0).max(100_000);

/** Manifests may come from anywhere: nothing of them is believed, and what is large is refused. */
const poisonSchema = z.object({
  targetClass: z.number().int().min(0).max(100_000),
  trigger: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("patch"),
      size: pixels.min(1),
      place: z.enum(triggerPlaces),
      inset: pixels,
      pattern: z.enum(patchPatterns),
    }),
    z.object({
      kind: z.literal("blended"),
      share: z.number().min(0).max(1),
      seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
    }),
  ]),
});

const trainingSchema = z.object({ poison: z.unknown().optional() });

export type RebuiltBackdoor =
  | { readonly trigger: Trigger; readonly targetClass: number }
  /** Why there is none, as half a sentence for people. */
  | { readonly missing: string };

/** @param shape of the model's images and classes */
export function rebuildBackdoor(
  manifest: Pick<Manifest, "groundTruth" | "training">,
  shape: {
    readonly imageShape: readonly [number, number, number];
    readonly numClasses: number;
  },
): RebuiltBackdoor {
  const { groundTruth, training } = manifest;
  if (groundTruth?.status !== "poisoned")
    return {
      missing: groundTruth
        ? "the manifest says that the model is clean"
        : "the manifest knows of no backdoor",
    };
  const poison = trainingSchema.safeParse(training).data?.poison;
  if (poison === undefined || poison === null)
    return {
      missing:
        'the manifest has no "training.poison", which says what the trigger looks like',
    };
  const parsed = poisonSchema.safeParse(poison);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    return {
      missing: `the manifest's "${["training", "poison", ...path].join(".")}" cannot be used: ${message}`,
    };
  }
  const { targetClass, trigger } = parsed.data;
  if (targetClass >= shape.numClasses)
    return {
      missing: `the manifest's "training.poison.targetClass" is ${targetClass}, the model has classes 0 to ${shape.numClasses - 1}`,
    };
  if ((groundTruth.targetClass ?? targetClass) !== targetClass)
    return {
      missing: `the manifest names two target classes, ${groundTruth.targetClass} in "groundTruth" and ${targetClass} in "training.poison"`,
    };
  try {
    return { trigger: newTrigger(trigger, shape.imageShape), targetClass };
  } catch (error) {
    if (!(error instanceof MotifError)) throw error;
    const [, height, width] = shape.imageShape;
    return {
      missing: `the manifest's "training.poison.trigger" does not fit into images of ${height}×${width}`,
    };
  }
}
