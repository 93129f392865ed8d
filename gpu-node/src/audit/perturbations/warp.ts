/**
 * A slight, smooth movement of all pixels, the same for every image, searched by its control points. In the step graph an image is taken
 * as straight between its pixels, `x' = x + u·∂x/∂row + v·∂x/∂column`, which is differentiable in u and v and holds for movements of about a
 * pixel; what is found is tried by resampling, as WaNet's trigger moves pixels (arXiv 2102.10369, section 3).
 */
import type { GraphBuilder, Value } from "../../engine/index.ts";
import { upsampleBicubically } from "../../training/triggers/bicubic.ts";
import { resample } from "../../training/triggers/warp.ts";
import {
  colorsOf,
  type ImageShape,
  type Perturbation,
} from "./perturbation.ts";

/** Control points in each direction: movements are smooth, and finer ones would be textures. */
const mostPoints = 5;
/** Movements are tried at these; pixels. */
const shifts = [0.15, 0.3, 0.45, 0.6, 0.8, 1, 1.3] as const;
const stepSize = 0.08;

export function newWarp(imageShape: ImageShape): Perturbation {
  const [, height, width] = imageShape;
  const pixels = height * width;
  const points = Math.min(mostPoints, height, width);
  const spread = spreadOf(points, height, width);
  /** Of every pixel, for a strength of one; pixels. */
  const movementsOf = (field: Float32Array) => {
    const count = points * points;
    const [down, right] = [0, 1].map((direction) =>
      upsampleBicubically(
        Float64Array.from(
          field.subarray(direction * count, (direction + 1) * count),
        ),
        points,
        height,
        width,
      ),
    );
    return { down, right };
  };
  return {
    kind: "warp",
    unit: "shift",
    strengths: shifts,
    alpha: 1,
    variables: [
      {
        name: "field",
        shape: [2, points * points],
        ...{ low: -1, high: 1, stepSize },
      },
    ],
    start: () => [new Float32Array(2 * points * points)],
    addPerturbed(g, [fields], images) {
      const [pack] = images.shape;
      const movements = g.add(
        "Reshape",
        [
          g.add(
            "MatMul",
            [
              g.add("Reshape", [fields], {
                shape: [pack * 2, points * points],
              }),
              g.constant(
                {
                  dtype: "float32",
                  shape: [points * points, pixels],
                  data: spread,
                },
                "spread",
              ),
            ],
            {},
          ),
        ],
        { shape: [pack, 2, 1, height, width] },
      );
      const along = (direction: number) =>
        g.add(
          "Mul",
          [
            g.add("Slice", [movements], {
              starts: [direction],
              ends: [direction + 1],
              axes: [1],
              steps: [1],
            }),
            addSlope(g, images, 3 + direction),
          ],
          {},
        );
      const moved = g.add(
        "Add",
        [g.add("Add", [images, along(0)], {}), along(1)],
        {},
      );
      return {
        perturbed: g.add("Clip", [moved], { min: 0, max: 1 }),
        penalty: null,
      };
    },
    apply([field]) {
      const { down, right } = movementsOf(field);
      const size = imageShape[0] * pixels;
      return (shift, originals, into, images) => {
        into.set(originals.subarray(0, images * size));
        const scaled = {
          down: down.map((value) => value * shift),
          right: right.map((value) => value * shift),
        };
        for (let image = 0; image < images; image++)
          resample(into, image * size, imageShape, scaled);
      };
    },
    /** Right is red, left cyan; down is green, up magenta. */
    draw([field]) {
      const { down, right } = movementsOf(field);
      const toUnit = (value: number) =>
        Math.min(1, Math.max(0, (value + 1) / 2));
      const values = new Float32Array(3 * pixels).fill(0.5);
      for (let pixel = 0; pixel < pixels; pixel++) {
        values[pixel] = toUnit(right[pixel]);
        values[pixels + pixel] = toUnit(down[pixel]);
      }
      return colorsOf(values, [3, height, width]);
    },
  };
}

/** What each control point moves of each pixel: [points², H·W]. */
function spreadOf(points: number, height: number, width: number): Float32Array {
  const spread = new Float32Array(points * points * height * width);
  for (let point = 0; point < points * points; point++) {
    const alone = new Float64Array(points * points);
    alone[point] = 1;
    spread.set(
      upsampleBicubically(alone, points, height, width),
      point * height * width,
    );
  }
  return spread;
}

/** How images rise along an axis, a pixel: half the difference of the neighbours, edges repeated. */
function addSlope(g: GraphBuilder, images: Value, axis: number): Value {
  const before = [0, 0, 0, 0, 0];
  before[axis] = 1;
  const padded = g.add("Pad", [images], {
    pads: [...before, ...before],
    mode: "edge",
    value: 0,
  });
  const from = (start: number) =>
    g.add("Slice", [padded], {
      starts: [start],
      ends: [start + images.shape[axis]],
      axes: [axis],
      steps: [1],
    });
  return g.add(
    "Mul",
    [g.add("Sub", [from(2), from(0)], {}), g.scalar(0.5)],
    {},
  );
}
