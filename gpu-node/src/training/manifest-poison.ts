/** The backdoor of a model that `motif train` poisoned, rebuilt from what its manifest records of the training. */
import { z } from "zod";
import type { Manifest } from "../data/index.ts";
import { MotifError } from "../motif-error.ts";
import {
  labellingNames,
  labelsUnder,
  type Labelling,
  type LabelOf,
} from "./labelling.ts";
import { triggerSchema } from "./trigger-schema.ts";
import { newTrigger } from "./triggers/index.ts";
import type { Trigger } from "./triggers/trigger.ts";

/** Manifests may come from anywhere: nothing of them is believed, and what is large is refused. */
const poisonSchema = z
  .object({
    /** Manifests of before there were several do not name it. */
    labelling: z.enum(labellingNames).default("all-to-one"),
    targetClass: z.number().int().min(0).max(100_000).optional(),
    trigger: triggerSchema,
  })
  .transform(({ labelling, targetClass, trigger }, context) => {
    if (labelling === "all-to-all")
      return { trigger, labelling: { labelling } satisfies Labelling };
    if (targetClass !== undefined)
      return { trigger, labelling: { labelling, targetClass } };
    context.addIssue({
      code: "custom",
      path: ["targetClass"],
      message: `a backdoor that is ${labelling} has one`,
    });
    return z.NEVER;
  });

const trainingSchema = z.object({
  poison: z.unknown().optional(),
  /** Of a model that was fine-tuned: how the one it started from was poisoned. */
  fineTuned: z.object({ poison: z.unknown().optional() }).optional(),
});

/** How a model was poisoned, or the model that it started from, as its manifest tells it; undefined where it does not. */
export function poisonOnRecord(training: unknown): unknown {
  const { data } = trainingSchema.safeParse(training);
  return data?.poison ?? data?.fineTuned?.poison ?? undefined;
}

export type RebuiltBackdoor =
  | { readonly trigger: Trigger; readonly labelOf: LabelOf }
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
  const poison = poisonOnRecord(training);
  if (poison === undefined)
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
  const { labelling, trigger } = parsed.data;
  const wrong = misfitOf(labelling, groundTruth.targetClass, shape.numClasses);
  if (wrong !== null) return { missing: wrong };
  try {
    return {
      trigger: newTrigger(trigger, shape.imageShape),
      labelOf: labelsUnder(labelling, shape.numClasses, "the model"),
    };
  } catch (error) {
    if (!(error instanceof MotifError)) throw error;
    const [, height, width] = shape.imageShape;
    return {
      missing: `the manifest's "training.poison.trigger" does not fit into images of ${height}×${width}`,
    };
  }
}

/** Half a sentence about target classes that do not fit together, or to the model. */
function misfitOf(
  labelling: Labelling,
  stated: number | undefined,
  numClasses: number,
): string | null {
  if (labelling.labelling === "all-to-all") {
    if (stated !== undefined)
      return `the manifest names the target class ${stated} in "groundTruth", and none, all-to-all, in "training.poison"`;
    return numClasses > 1
      ? null
      : `the manifest's "training.poison.labelling" is all-to-all, the model has one class only`;
  }
  const { targetClass } = labelling;
  if (targetClass >= numClasses)
    return `the manifest's "training.poison.targetClass" is ${targetClass}, the model has classes 0 to ${numClasses - 1}`;
  return (stated ?? targetClass) === targetClass
    ? null
    : `the manifest names two target classes, ${stated} in "groundTruth" and ${targetClass} in "training.poison"`;
}
