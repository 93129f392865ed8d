/**
 * A faint picture over the whole image: `x' = (1 − λ)·x + λ·c`, c searched at one λ and tried at several. It answers to what is mixed
 * into images (Blended) and to faint waves (SIG), which no few pixels show (METHOD: "Canvases").
 */
import {
  colorsOf,
  type ImageShape,
  type Perturbation,
} from "./perturbation.ts";

/** Share of the picture while it is searched: about that of such triggers. */
const searchedShare = 0.1;
const shares = [0.02, 0.035, 0.05, 0.07, 0.1, 0.15] as const;
/** From middle grey to black or white in seven steps: what is left of the search turns pixels that disagree. */
const stepSize = 0.08;

export function newFaint([channels, height, width]: ImageShape): Perturbation {
  const size = channels * height * width;
  return {
    kind: "faint",
    unit: "share",
    strengths: shares,
    alpha: 1,
    variables: [
      {
        name: "canvas",
        shape: [channels, height, width],
        ...{ low: 0, high: 1, stepSize },
      },
    ],
    start: () => [new Float32Array(size).fill(0.5)],
    addPerturbed(g, [canvases], images) {
      const canvas = g.add("Reshape", [canvases], {
        shape: [images.shape[0], 1, channels, height, width],
      });
      const mixedIn = g.add("Mul", [canvas, g.scalar(searchedShare)], {});
      const kept = g.add("Mul", [images, g.scalar(1 - searchedShare)], {});
      return { perturbed: g.add("Add", [mixedIn, kept], {}), penalty: null };
    },
    apply([canvas]) {
      return (share, originals, into, count) => {
        for (let image = 0; image < count; image++) {
          const offset = image * size;
          for (let i = 0; i < size; i++)
            into[offset + i] = Math.round(
              (1 - share) * originals[offset + i] + share * 255 * canvas[i],
            );
        }
      };
    },
    draw: ([canvas]) => colorsOf(canvas, [channels, height, width]),
  };
}
