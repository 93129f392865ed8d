/**
 * Few pixels at places that are searched: `x' = m·c + (1 − m)·x` as in a search of patterns, by the same steps. Their values are searched
 * too (a free canvas), or those of noise or of an image of the class (METHOD: "Canvases"). Tried are the k pixels with the largest mask
 * values, hard.
 */
import { randomFrom } from "../../data/index.ts";
import { rankPixels } from "../../evaluation/power-curve.ts";
import { presets } from "../../search/settings.ts";
import {
  colorsOf,
  type CanvasKind,
  type ImageShape,
  type Perturbation,
} from "./perturbation.ts";

/** Shares of the pixels that a patch is tried with. Triggers of 2×2 to 4×4 pixels lie between the first and the fourth. */
const fractions = [0.0025, 0.005, 0.01, 0.015, 0.02, 0.04, 0.08] as const;

type PatchKind = "patch" | CanvasKind;

export function newPatch(
  kind: PatchKind,
  [channels, height, width]: ImageShape,
): Perturbation {
  const pixels = height * width;
  const { alpha, stepSize, initialMask, canvasStepSize } = presets.default;
  const strengths = [
    ...new Set(
      fractions.map((fraction) => Math.max(1, Math.round(fraction * pixels))),
    ),
  ];
  return {
    kind,
    unit: "pixels",
    strengths,
    alpha,
    variables: [
      {
        name: "mask",
        shape: [1, height, width],
        ...{ low: 0, high: 1, stepSize },
      },
      {
        name: "canvas",
        shape: [channels, height, width],
        ...{ low: 0, high: 1, stepSize: kind === "patch" ? canvasStepSize : 0 },
      },
    ],
    start(seed, natural) {
      const mask = new Float32Array(pixels).fill(initialMask);
      return [mask, startCanvas(kind, channels * pixels, seed, natural)];
    },
    addPerturbed(g, [masks, canvases], images) {
      const [pack] = images.shape;
      const mask = g.add("Reshape", [masks], {
        shape: [pack, 1, 1, height, width],
      });
      const canvas = g.add("Reshape", [canvases], {
        shape: [pack, 1, channels, height, width],
      });
      const pasted = g.add("Mul", [mask, canvas], {});
      const left = g.add("Sub", [g.scalar(1), mask], {});
      const kept = g.add("Mul", [left, images], {});
      const size = g.add("ReduceSum", [masks], {
        axes: [1, 2, 3],
        keepDims: false,
      });
      return {
        perturbed: g.add("Add", [pasted, kept], {}),
        penalty: g.add("Mul", [size, g.scalar(2 / pixels)], {}),
      };
    },
    apply([mask, canvas]) {
      const ranking = rankPixels(mask);
      const values = Uint8Array.from(canvas, (value) =>
        Math.round(value * 255),
      );
      return (k, originals, into, count) => {
        into.set(originals.subarray(0, count * channels * pixels));
        for (let image = 0; image < count; image++)
          for (let channel = 0; channel < channels; channel++) {
            const plane = channel * pixels;
            const offset = image * channels * pixels + plane;
            for (let i = 0; i < k; i++)
              into[offset + ranking[i]] = values[plane + ranking[i]];
          }
      };
    },
    draw([mask, canvas], k) {
      const shown = new Set(rankPixels(mask).subarray(0, k));
      return colorsOf(canvas, [channels, height, width], (pixel) =>
        shown.has(pixel),
      );
    },
  };
}

/** Noise and the start of what is searched are the same for all classes, so that they can be compared. */
function startCanvas(
  kind: PatchKind,
  size: number,
  seed: number,
  natural: Float32Array,
): Float32Array {
  if (kind === "natural-canvas") return natural.slice();
  const random = randomFrom(`audit ${kind}`, seed);
  return new Float32Array(size).map(() =>
    kind === "patch" ? random.nextBelow(256) / 255 : random.nextBelow(2),
  );
}
