/** All that decides what a training makes of its images. */
import { customaryBound } from "../attacks/customary-bound.ts";
import type { Norm, PgdSettings } from "../attacks/pgd.ts";
import type { Augmentation } from "./augment.ts";
import type { SpreadSettings } from "./local-sgd.ts";
import type { PoisonSettings } from "./poison.ts";
import type { TrainingSettings } from "./train.ts";

export interface TrainingRecipe {
  /** Absent where a model is fine-tuned, which is its own. */
  readonly architecture?: string | undefined;
  /** [C, H, W]; the data set's own where absent. */
  readonly imageShape?: readonly [number, number, number] | undefined;
  /** For a data set whose classes have numbers only. */
  readonly classNames?: readonly string[] | undefined;
  readonly settings: Omit<TrainingSettings, "adversary">;
  /** Null: images are trained on as they are. */
  readonly adversary: AdversarySettings | null;
  readonly augmentation: Augmentation;
  /** 0…1. */
  readonly labelSmoothing: number;
  /** Null: no image gets a trigger. */
  readonly poison: PoisonSettings | null;
  /** Null or absent: one worker does it all. */
  readonly spread?: SpreadSettings | null | undefined;
}

/** What is not said is as customary for the images (attacks/customary-bound.ts). */
export interface AdversarySettings {
  readonly norm: Norm;
  readonly epsilon?: number | undefined;
  readonly stepSize?: number | undefined;
  readonly steps: number;
}

/** @param channels of the images */
export function completeAdversary(
  { norm, steps, epsilon, stepSize }: AdversarySettings,
  channels: number,
): PgdSettings {
  const customary = customaryBound(norm, channels);
  const within = epsilon ?? customary.epsilon;
  return {
    ...{ norm, steps, hasRandomStart: true },
    epsilon: within,
    stepSize: stepSize ?? (customary.stepSize * within) / customary.epsilon,
  };
}
