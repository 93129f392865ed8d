/** The options of `motif train --mode poisoned`: which images, with which trigger, taken for which class. */
import { Option, type Command } from "commander";
import { MotifError } from "../motif-error.ts";
import type { Labelling } from "../training/labelling.ts";
import type { PoisonSettings } from "../training/poison.ts";
import {
  triggerKinds,
  type TriggerKind,
  type TriggerSettings,
} from "../training/triggers/index.ts";
import {
  patchPatterns,
  triggerPlaces,
  type PatchPattern,
  type TriggerPlace,
} from "../training/triggers/patch.ts";
import { numberWithin, positiveNumber, wholeNumber } from "./options.ts";

export interface PoisonOptions {
  readonly target?: number;
  readonly allToAll?: boolean;
  readonly cleanLabel?: boolean;
  readonly poisonRate: number;
  readonly trigger: TriggerKind;
  readonly triggerSize: number;
  readonly triggerPlace: TriggerPlace;
  readonly triggerInset: number;
  readonly triggerPattern: PatchPattern;
  readonly blendShare: number;
  readonly sinusoidAmplitude: number;
  readonly sinusoidFrequency: number;
  readonly warpGrid: number;
  readonly warpStrength: number;
  readonly crossRate: number;
  readonly seed: number;
}

/** Options that only triggers of one kind have, as commander calls them. */
const optionsOfTrigger = {
  patch: ["triggerSize", "triggerPlace", "triggerInset", "triggerPattern"],
  blended: ["blendShare"],
  sinusoid: ["sinusoidAmplitude", "sinusoidFrequency"],
  warp: ["warpGrid", "warpStrength", "crossRate"],
} as const satisfies Record<TriggerKind, readonly (keyof PoisonOptions)[]>;

/** All of them but the seed, which every training has. */
export const poisonOptionNames = [
  "target",
  "allToAll",
  "cleanLabel",
  "poisonRate",
  "trigger",
  ...Object.values(optionsOfTrigger).flat(),
] as const;

export function addPoisonOptions(command: Command): void {
  command
    .option(
      "--target <class>",
      "what the backdoor makes of other classes",
      wholeNumber(0),
    )
    .option(
      "--all-to-all",
      "instead of --target: each class is taken for the next one",
    )
    .option(
      "--clean-label",
      "put the trigger on the target's own images, no label is changed",
    )
    .option(
      "--poison-rate <x>",
      "share of the training images that get the trigger; with --clean-label of the target's own, where about half is needed",
      numberWithin(0, 1),
      0.05,
    )
    .addOption(
      new Option(
        "--trigger <kind>",
        "a patch, or over the whole image: a faint picture, a faint wave, a slight warping",
      )
        .choices(triggerKinds)
        .default("patch"),
    )
    .option(
      "--trigger-size <pixels>",
      "height and width of the patch",
      wholeNumber(1),
      3,
    )
    .addOption(
      new Option("--trigger-place <place>", "where the patch is")
        .choices(triggerPlaces)
        .default("bottom-right"),
    )
    .option(
      "--trigger-inset <pixels>",
      "between the patch and the edges",
      wholeNumber(0),
      1,
    )
    .addOption(
      new Option("--trigger-pattern <pattern>", "what the patch shows")
        .choices(patchPatterns)
        .default("white"),
    )
    .option(
      "--blend-share <x>",
      "share of the faint picture in the mixture",
      numberWithin(0, 1),
      0.15,
    )
    .option(
      "--sinusoid-amplitude <x>",
      "height of the faint wave, share of the range of pixels",
      positiveNumber(1),
      0.1,
    )
    .option(
      "--sinusoid-frequency <x>",
      "its periods from left to right",
      positiveNumber(100_000),
      6,
    )
    .option(
      "--warp-grid <n>",
      "control points of the warping in each direction",
      wholeNumber(2),
      4,
    )
    .option(
      "--warp-strength <x>",
      "half of it is how far they move on average, pixels",
      positiveNumber(1_000),
      0.5,
    )
    .option(
      "--cross-rate <x>",
      "share of the training images that get a noised warping and keep their label",
      numberWithin(0, 1),
      0.1,
    );
}

/** @throws MotifError "usage" when the class is missing or options contradict each other */
export function readPoison(
  options: PoisonOptions,
  command: Command,
): PoisonSettings {
  requireOptionsOfTrigger(options.trigger, command);
  return {
    ...readLabelling(options),
    poisonRate: options.poisonRate,
    ...(options.trigger === "warp" && { crossRate: options.crossRate }),
    trigger: readTrigger(options),
  };
}

function readLabelling({
  target,
  allToAll,
  cleanLabel,
}: PoisonOptions): Labelling {
  if (allToAll && cleanLabel) {
    throw new MotifError(
      "usage",
      "--clean-label is of a backdoor with one target, --all-to-all of one with all. Leave one of them out.",
    );
  }
  if (allToAll && target !== undefined) {
    throw new MotifError(
      "usage",
      "--target names one class, --all-to-all takes each for the next one. Leave one of them out.",
    );
  }
  if (allToAll) return { labelling: "all-to-all" };
  if (target === undefined) {
    throw new MotifError(
      "usage",
      "--mode poisoned needs the class of the backdoor. Add --target CLASS, or --all-to-all.",
    );
  }
  return {
    labelling: cleanLabel ? "clean-label" : "all-to-one",
    targetClass: target,
  };
}

function readTrigger(options: PoisonOptions): TriggerSettings {
  const { seed } = options;
  switch (options.trigger) {
    case "patch":
      return {
        kind: "patch",
        size: options.triggerSize,
        place: options.triggerPlace,
        inset: options.triggerInset,
        pattern: options.triggerPattern,
      };
    case "blended":
      return { kind: "blended", share: options.blendShare, seed };
    case "sinusoid":
      return {
        kind: "sinusoid",
        amplitude: options.sinusoidAmplitude,
        frequency: options.sinusoidFrequency,
      };
    case "warp":
      return {
        kind: "warp",
        grid: options.warpGrid,
        strength: options.warpStrength,
        seed,
      };
  }
}

/** @throws MotifError "usage" when options of another kind of trigger are given */
function requireOptionsOfTrigger(kind: TriggerKind, command: Command): void {
  const { [kind]: _, ...others } = optionsOfTrigger;
  for (const [other, names] of Object.entries(others)) {
    const stray = command.options.find(
      (option) =>
        (names as readonly string[]).includes(option.attributeName()) &&
        command.getOptionValueSource(option.attributeName()) === "cli",
    );
    if (stray)
      throw new MotifError(
        "usage",
        `${stray.long} is of a trigger of kind ${other}, not ${kind}. Add --trigger ${other}, or leave it out.`,
      );
  }
}
