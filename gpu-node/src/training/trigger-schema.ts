/** Triggers as they come from elsewhere, in manifests and recipes; what is large is refused. */
import { z } from "zod";
import { patchPatterns, triggerPlaces } from "./triggers/patch.ts";

const pixels = z.number().int().min(0).max(100_000);
const seed = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const triggerSchema = z.discriminatedUnion("kind", [
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
    seed,
  }),
  z.object({
    kind: z.literal("sinusoid"),
    amplitude: z.number().positive().max(1),
    frequency: z.number().positive().max(100_000),
  }),
  z.object({
    kind: z.literal("warp"),
    grid: pixels.min(2),
    strength: z.number().positive().max(1_000),
    seed,
  }),
]);
