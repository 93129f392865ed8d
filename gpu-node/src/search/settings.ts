/** The numbers of a search, and the two sets of them that have a name. */
import { MotifError } from "../motif-error.ts";

/** Where the values that a pattern may use come from (METHOD: "Canvases"). */
export type CanvasSource = "natural" | "noise" | "free";

export interface SearchSettings {
  readonly preset: PresetName;
  readonly steps: number;
  /** B: images a search and step. */
  readonly batchSize: number;
  /** Weight of the cross-entropy against the size of the mask. */
  readonly alpha: number;
  /** Change of a mask value in a step. */
  readonly stepSize: number;
  /** Where every mask value starts. */
  readonly initialMask: number;
  /** Change of a canvas value a step, for the source `free`. */
  readonly canvasStepSize: number;
  readonly canvasSource: CanvasSource;
  /** Canvases a class, and seeds a canvas. */
  readonly canvases: number;
  readonly seeds: number;
}

export const presetNames = ["default", "official"] as const;
export type PresetName = (typeof presetNames)[number];

/**
 * The source of `official`: the authors' own code (arXiv 2101.06898), on parts that do not overlap. `default` stops where most
 * of the power is there, and spends the rest on more canvases. Larger steps, steps that shrink, and momentum were tried on a
 * ResNet-20 at equal cost: each gave less power at 5% of the pixels than plain steps, and patterns that agree less.
 */
export const presets: Readonly<Record<PresetName, SearchSettings>> = {
  official: {
    preset: "official",
    steps: 2250,
    batchSize: 4,
    alpha: 0.2,
    stepSize: 0.02,
    initialMask: 0.5,
    canvasStepSize: 0.04,
    canvasSource: "natural",
    canvases: 1,
    seeds: 1,
  },
  default: {
    preset: "default",
    steps: 500,
    batchSize: 4,
    alpha: 0.2,
    stepSize: 0.02,
    initialMask: 0.5,
    canvasStepSize: 0.04,
    canvasSource: "natural",
    canvases: 5,
    seeds: 1,
  },
};

/** @throws MotifError "usage" naming the first number that makes no sense */
export function checkSettings(settings: SearchSettings): void {
  const whole = (value: number, name: string, most: number) => {
    if (!(Number.isInteger(value) && value >= 1 && value <= most)) {
      throw new MotifError(
        "usage",
        `--${name} ${value}: a whole number from 1 to ${most} is expected.`,
      );
    }
  };
  whole(settings.steps, "steps", 10_000_000);
  whole(settings.batchSize, "batch-size", 4096);
  whole(settings.canvases, "canvases", 10_000);
  whole(settings.seeds, "seeds", 10_000);
  const within = (value: number, name: string, low: number, high: number) => {
    if (!(value >= low && value <= high))
      throw new MotifError(
        "usage",
        `--${name} ${value}: ${low} to ${high} is expected.`,
      );
  };
  within(settings.alpha, "alpha", 0, 1);
  within(settings.stepSize, "step-size", 1e-6, 1);
}
