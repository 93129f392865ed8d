/** Recipes as they come from elsewhere: nothing of them is believed before it is held against this. */
import { z } from "zod";
import { MotifError } from "../motif-error.ts";
import { labellingNames } from "./labelling.ts";
import type { TrainingRecipe } from "./recipe.ts";
import { scheduleNames } from "./schedule.ts";
import { triggerSchema } from "./trigger-schema.ts";

const share = z.number().min(0).max(1);
const count = z.int().min(1).max(1_000_000);
const classIndex = z.int().min(0).max(100_000);
/** Of one training. */
const mostWorkers = 256;
const mostRounds = 10_000;
const changed = z.number().positive().max(1_000);

const recipeSchema: z.ZodType<TrainingRecipe> = z.strictObject({
  architecture: z.string().max(100).optional(),
  imageShape: z.tuple([z.int().min(1).max(4), count, count]).optional(),
  classNames: z.array(z.string().max(1_000)).max(100_000).optional(),
  settings: z.strictObject({
    optimizer: z.discriminatedUnion("name", [
      z.strictObject({
        name: z.literal("sgd"),
        momentum: share,
        weightDecay: share,
      }),
      z.strictObject({ name: z.literal("adamw"), weightDecay: share }),
    ]),
    epochs: count,
    batchSize: count,
    learningRate: z.number().positive().max(100),
    schedule: z.enum(scheduleNames),
    seed: z.int().min(0),
  }),
  adversary: z
    .strictObject({
      norm: z.enum(["linf", "l2"]),
      epsilon: changed.optional(),
      stepSize: changed.optional(),
      steps: z.int().min(1).max(10_000),
    })
    .nullable(),
  augmentation: z.strictObject({
    hasFlip: z.boolean(),
    shift: z.int().min(0).max(100_000),
  }),
  labelSmoothing: share,
  poison: z
    .intersection(
      z.discriminatedUnion("labelling", [
        z.object({
          labelling: z.enum(labellingNames).exclude(["all-to-all"]),
          targetClass: classIndex,
        }),
        z.object({ labelling: z.literal("all-to-all") }),
      ]),
      z.object({
        poisonRate: share,
        trigger: triggerSchema,
        crossRate: share.optional(),
      }),
    )
    .nullable(),
  spread: z
    .strictObject({
      workers: z.int().min(2).max(mostWorkers),
      rounds: z.int().min(1).max(mostRounds),
      outer: z.strictObject({
        momentum: share,
        learningRate: z.number().positive().max(10),
      }),
    })
    .nullish(),
});

/** @throws MotifError "usage" that names the field */
export function parseRecipe(text: string): TrainingRecipe {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new MotifError("usage", "the training's recipe is not JSON.", {
      cause,
    });
  }
  const parsed = recipeSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new MotifError(
    "usage",
    `the training's recipe cannot be used: ${path.join(".")}: ${message}.`,
  );
}
