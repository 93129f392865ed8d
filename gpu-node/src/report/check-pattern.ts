/** Small results written out by hand, for the tests of this folder. */
import type { PatternResult, PowerEntry, Result } from "./result.ts";

/** A point of a curve on an image of 1,000 pixels. */
export function power(k: number, share: number): PowerEntry {
  return {
    k,
    fraction: k / 1000,
    power: share,
    baseRate: 0.1,
    n: 100,
    wilson95: [Math.max(0, share - 0.05), Math.min(1, share + 0.05)],
  };
}

/** A pattern of class 0, canvas 0, seed 0 with 20% power at 1% of the pixels and 50% at 5%, unless said otherwise. */
export function pattern(changes: Partial<PatternResult> = {}): PatternResult {
  return {
    targetClass: 0,
    canvasIndex: 0,
    seed: 0,
    steps: 10,
    imageGradients: 40,
    maskL1: 12.5,
    mask: "masks/a.npy",
    images: {
      canvas: "images/a-canvas.png",
      pattern: "images/a-pattern.png",
      heatmap: "images/a-heatmap.png",
    },
    topPixels: [3, 1, 2],
    predictivePower: [power(10, 0.2), power(50, 0.5)],
    sourceToTarget: [{ sourceClass: 1, power: 0.5, n: 10 }],
    kStar: null,
    wallMs: 5,
    ...changes,
  };
}

/** A model of three classes with 20×50 inputs. */
export function result(
  patterns: readonly PatternResult[],
  model: Partial<Result["model"]> = {},
): Result {
  return {
    schemaVersion: 1,
    model: {
      name: "net",
      sha256: "a".repeat(64),
      inputShape: [1, 20, 50],
      numClasses: 3,
      cleanAccuracy: 0.9,
      ...model,
    },
    dataset: {
      name: "data",
      classes: ["cat", "dog", "bird"],
      parts: { canvas: 3, search: 30, evaluate: 60 },
    },
    config: { threshold: 0.9 },
    backend: { name: "reference", provider: "cpu", threads: 1 },
    patterns,
    timing: { importMs: 1, compileMs: 2, searchMs: 3, evaluateMs: 4 },
  };
}
