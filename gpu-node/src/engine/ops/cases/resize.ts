/** For tests: resizing by every rule for coordinates and rounding. */
import type { Attributes } from "../../graph/operators.ts";
import type { Shape } from "../../graph/tensor.ts";
import { sample } from "../check-operator.ts";
import type { OperatorCases } from "./operator-case.ts";

const coordinateModes = [
  "half_pixel",
  "pytorch_half_pixel",
  "align_corners",
  "asymmetric",
] as const;
export const nearestModes = [
  "round_prefer_floor",
  "round_prefer_ceil",
  "floor",
  "ceil",
] as const;

const shapes: readonly (readonly [Shape, readonly [number, number]])[] = [
  [
    [2, 2, 3, 4],
    [6, 12],
  ],
  [
    [1, 2, 3, 4],
    [3, 4],
  ],
  [
    [1, 1, 4, 6],
    [2, 3],
  ],
  [
    [1, 2, 5, 3],
    [7, 2],
  ],
  [
    [1, 1, 5, 4],
    [1, 1],
  ],
  [
    [1, 2, 7, 7],
    [60, 60],
  ],
];

const each = shapes.flatMap(([x, sizes]) =>
  coordinateModes.map((coordinateTransformationMode) => ({
    title: `${coordinateTransformationMode}, [${x.join(",")}] to ${sizes.join("×")}`,
    inputs: [sample(x)],
    attributes: {
      mode: "linear",
      coordinateTransformationMode,
      nearestMode: "floor",
      scales: [sizes[0] / x[2], sizes[1] / x[3]],
      sizes,
    } satisfies Attributes<"Resize">,
  })),
);

export const resize = {
  Resize: [
    ...each.map((single) => ({ ...single, title: `linear, ${single.title}` })),
    ...each.flatMap(({ title, inputs, attributes }) =>
      nearestModes.map((nearestMode) => ({
        title: `nearest, ${nearestMode}, ${title}`,
        inputs,
        attributes: { ...attributes, mode: "nearest" as const, nearestMode },
      })),
    ),
    {
      title: "sizes and scales that disagree",
      inputs: [sample([1, 1, 5, 5])],
      attributes: {
        mode: "linear",
        coordinateTransformationMode: "asymmetric",
        nearestMode: "floor",
        scales: [1.5, 1.3],
        sizes: [7, 6],
      },
    },
  ],
} satisfies OperatorCases;
