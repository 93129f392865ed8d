/** What a result says of how it was made, read from its free-form config without trusting its types. */
import type { Result } from "../result.ts";

function numberIn(config: Result["config"], name: string): number | undefined {
  const value = config[name];
  return typeof value === "number" && Number.isFinite(value)
    ? value
    : undefined;
}

/** The power that k* asks for; 0.9 where the result does not say. */
export function thresholdOf(result: Result): number {
  return numberIn(result.config, "threshold") ?? 0.9;
}

export function presetOf(result: Result): string | undefined {
  const { preset } = result.config;
  return typeof preset === "string" ? preset : undefined;
}

export function batchSizeOf(result: Result): number | undefined {
  return numberIn(result.config, "batchSize");
}

export interface SearchCounts {
  readonly classes: number;
  /** Most canvases of a class, and most seeds of a canvas. */
  readonly canvases: number;
  readonly seeds: number;
  readonly steps: readonly number[];
}

/** Counted from the patterns themselves: what was done, not what was asked for. */
export function countSearches(result: Result): SearchCounts {
  const distinct = (of: (pattern: Result["patterns"][number]) => number) =>
    new Set(result.patterns.map(of));
  return {
    classes: distinct((pattern) => pattern.targetClass).size,
    canvases: distinct((pattern) => pattern.canvasIndex).size,
    seeds: distinct((pattern) => pattern.seed).size,
    steps: [...distinct((pattern) => pattern.steps)].sort((a, b) => a - b),
  };
}

const sources = {
  natural: "images of the class itself",
  noise: "random noise",
  free: "free canvases, whose pixel values are searched too",
} as const;

/** "random noise"; null where the result does not say. */
export function canvasSourceText(result: Result): string | null {
  const { canvasSource } = result.model;
  return canvasSource === undefined ? null : sources[canvasSource];
}
