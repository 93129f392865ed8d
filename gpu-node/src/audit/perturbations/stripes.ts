/**
 * Faint stripes over the whole image, as waves are (SIG: Barni et al., arXiv 1902.11237): `x' = clip01(x + a·(u + v))`, a value u a column
 * and a value v a row, searched at one amplitude a and tried at several. A whole picture can be faint and adversarial in any model; so few
 * values cannot, and a model that answers to them has learned to.
 */
import {
  colorsOf,
  type ImageShape,
  type Perturbation,
} from "./perturbation.ts";

/** Amplitude while they are searched: about that of such triggers. */
const searchedAmplitude = 0.1;
const amplitudes = [0.02, 0.035, 0.05, 0.07, 0.1, 0.15] as const;
const stepSize = 0.08;

export function newStripes([
  channels,
  height,
  width,
]: ImageShape): Perturbation {
  const size = channels * height * width;
  return {
    kind: "stripes",
    unit: "amplitude",
    strengths: amplitudes,
    alpha: 1,
    variables: [
      { name: "columns", shape: [width], ...{ low: -1, high: 1, stepSize } },
      { name: "rows", shape: [height], ...{ low: -1, high: 1, stepSize } },
    ],
    start: () => [new Float32Array(width), new Float32Array(height)],
    addPerturbed(g, [columns, rows], images) {
      const [pack] = images.shape;
      const across = g.add("Reshape", [columns], {
        shape: [pack, 1, 1, 1, width],
      });
      const down = g.add("Reshape", [rows], {
        shape: [pack, 1, 1, height, 1],
      });
      const stripes = g.add(
        "Mul",
        [g.add("Add", [across, down], {}), g.scalar(searchedAmplitude)],
        {},
      );
      return {
        perturbed: g.add("Clip", [g.add("Add", [images, stripes], {})], {
          min: 0,
          max: 1,
        }),
        penalty: null,
      };
    },
    apply([columns, rows]) {
      return (amplitude, originals, into, count) => {
        const added = Float32Array.from(
          { length: size },
          (_, at) =>
            255 *
            amplitude *
            (columns[at % width] + rows[Math.floor(at / width) % height]),
        );
        for (let i = 0; i < count * size; i++)
          into[i] = Math.max(
            0,
            Math.min(255, Math.round(originals[i] + added[i % size])),
          );
      };
    },
    draw([columns, rows]) {
      const values = Float32Array.from(
        { length: height * width },
        (_, at) => (columns[at % width] + rows[Math.floor(at / width)] + 2) / 4,
      );
      return colorsOf(values, [1, height, width]);
    },
  };
}
