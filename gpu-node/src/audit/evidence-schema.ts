/** Evidence as it stands in files: what an earlier run or another machine wrote is looked at before it is used. */
import { z } from "zod";
import { perturbationKinds } from "./perturbations/perturbation.ts";

const index = z.int().min(0);
const share = z.number().min(0).max(1);
const answer = {
  seed: index,
  steps: index,
  imageGradients: index,
  crossEntropy: z.number(),
  n: index,
  baseRate: share,
  curve: z.array(
    z.object({
      strength: z.number(),
      power: share,
      wilson95: z.tuple([share, share]),
    }),
  ),
  logStrength: z.number(),
  strengthAtThreshold: z.number().nullable(),
};

export const screenedSchema = z.object({
  ...answer,
  targetClass: index,
  maskL1: z.number().nullable(),
});

export const findingSchema = z.object({
  ...screenedSchema.shape,
  bySource: z.array(z.object({ sourceClass: index, power: share, n: index })),
  topPixels: z.array(index),
});

export const movesSchema = z.array(z.object({ from: index, to: index, share }));

export const evidenceSchema = z.object({
  perturbation: z.enum(perturbationKinds),
  unit: z.enum(["pixels", "share", "amplitude", "shift"]),
  anyOther: z.array(
    z.object({
      ...answer,
      targetClass: z.null(),
      atStrength: z.number(),
      moves: movesSchema,
    }),
  ),
  screened: z.array(screenedSchema),
  finalists: z.array(findingSchema),
});
