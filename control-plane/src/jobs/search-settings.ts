/**
 * The numbers of a search and the presets, as in gpu-node/src/search/settings.ts. Apps do not import each other, so they are
 * written twice; test/planning/ holds both against each other.
 */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { SearchSettings } from "../shards/shard-spec.ts";

export const presetNames = ["default", "official"] as const;
export type PresetName = (typeof presetNames)[number];

export const canvasSources = ["natural", "noise", "free"] as const;

/** The order of the fields is that of result.json. */
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

/** Bounds of what people may ask for: [smallest, largest], whole numbers except the last two. */
export const settingBounds = {
  steps: [1, 10_000_000],
  batchSize: [1, 4_096],
  canvases: [1, 10_000],
  seeds: [1, 10_000],
  alpha: [0, 1],
  stepSize: [1e-6, 1],
} as const;

export type SettingChoices = {
  readonly [Name in keyof SearchSettings]?: SearchSettings[Name] | undefined;
};

/** A preset with what was asked for otherwise; what has no bounds above stays the preset's. */
export function chooseSettings(choices: SettingChoices): SearchSettings {
  const preset = presets[choices.preset ?? "default"];
  const settings: SearchSettings = {
    ...preset,
    steps: choices.steps ?? preset.steps,
    batchSize: choices.batchSize ?? preset.batchSize,
    alpha: choices.alpha ?? preset.alpha,
    stepSize: choices.stepSize ?? preset.stepSize,
    canvasSource: choices.canvasSource ?? preset.canvasSource,
    canvases: choices.canvases ?? preset.canvases,
    seeds: choices.seeds ?? preset.seeds,
  };
  for (const [name, [smallest, largest]] of Object.entries(settingBounds)) {
    const value = settings[name as keyof typeof settingBounds];
    if (!(value >= smallest && value <= largest))
      throw new ControlPlaneError(
        "invalid",
        `${name}: ${value}; ${smallest} to ${largest} is expected.`,
      );
  }
  return settings;
}
