import { describe, expect, it } from "vitest";
import { MotifError } from "../motif-error.ts";
import { parseRecipe } from "./recipe-schema.ts";
import type { TrainingRecipe } from "./recipe.ts";

const recipe: TrainingRecipe = {
  architecture: "resnet-8",
  imageShape: [3, 32, 32],
  settings: {
    optimizer: { name: "sgd", momentum: 0.9, weightDecay: 5e-4 },
    epochs: 3,
    batchSize: 64,
    learningRate: 0.05,
    schedule: "cosine",
    seed: 7,
  },
  adversary: { norm: "l2", epsilon: 0.5, steps: 7 },
  augmentation: { hasFlip: true, shift: 4 },
  labelSmoothing: 0.1,
  poison: {
    labelling: "all-to-one",
    targetClass: 2,
    poisonRate: 0.1,
    trigger: { kind: "warp", grid: 4, strength: 0.5, seed: 1 },
    crossRate: 0.2,
  },
};

describe("parseRecipe", () => {
  it("gives back what it is given as JSON", () => {
    expect(parseRecipe(JSON.stringify(recipe))).toEqual(recipe);
    const toAll = {
      ...recipe,
      poison: {
        labelling: "all-to-all",
        poisonRate: 0.3,
        trigger: { kind: "blended", share: 0.1, seed: 0 },
      },
    };
    expect(parseRecipe(JSON.stringify(toAll))).toEqual(toAll);
    const natural = { ...recipe, adversary: null, poison: null };
    expect(parseRecipe(JSON.stringify(natural))).toEqual(natural);
  });

  it.each([
    ["not JSON", "{", /not JSON/],
    ["an unknown field", { ...recipe, extra: 1 }, /extra/],
    [
      "a number out of bounds",
      { ...recipe, labelSmoothing: 1.5 },
      /labelSmoothing/,
    ],
    [
      "an optimizer of another kind",
      {
        ...recipe,
        settings: { ...recipe.settings, optimizer: { name: "lion" } },
      },
      /settings\.optimizer/,
    ],
    [
      "a backdoor without its class",
      { ...recipe, poison: { ...recipe.poison, targetClass: undefined } },
      /targetClass/,
    ],
    [
      "a trigger of another kind",
      { ...recipe, poison: { ...recipe.poison, trigger: { kind: "sticker" } } },
      /poison\.trigger/,
    ],
  ])("refuses %s, and names its place", (_, value, message) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    expect(() => parseRecipe(text)).toThrow(MotifError);
    expect(() => parseRecipe(text)).toThrow(message);
  });
});
