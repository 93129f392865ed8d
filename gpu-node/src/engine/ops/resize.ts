/** Resize over the last two axes: nearest neighbour and linear interpolation, both maps of rows and then of columns. */
import { MotifError } from "../../motif-error.ts";
import type { Value } from "../graph/graph.ts";
import type { Attributes } from "../graph/operators.ts";
import { zeros, type Shape, type TensorType } from "../graph/tensor.ts";
import { oneOperand } from "./operands.ts";
import type { OpRules } from "./rule.ts";
import { mapPictures, transposeMap, type AxisMap } from "./separable.ts";

type ResizeAttributes = Attributes<"Resize">;

function inferResize(
  inputs: readonly (Value | null)[],
  { scales, sizes }: ResizeAttributes,
): TensorType[] {
  const { shape } = oneOperand(inputs, "float32");
  if (shape.length !== 4)
    throw new MotifError(
      "graph",
      "takes pictures [N, C, H, W]; write other ranks out with Reshape",
    );
  if (!sizes.every((size) => Number.isInteger(size) && size >= 1)) {
    throw new MotifError(
      "graph",
      `sizes [${sizes.join(",")}]: whole numbers from 1 are expected`,
    );
  }
  if (!scales.every((scale) => scale > 0 && scale < Infinity)) {
    throw new MotifError(
      "graph",
      `scales [${scales.join(",")}]: numbers above 0 are expected`,
    );
  }
  if (!(shape[2] >= 1 && shape[3] >= 1))
    throw new MotifError(
      "graph",
      `there is nothing in [${shape.join(",")}] to read`,
    );
  return [{ dtype: "float32", shape: [shape[0], shape[1], ...sizes] }];
}

/**
 * Where element `to` of the result stands in the source (ONNX, Resize-18). In single precision, as runtimes compute it:
 * a coordinate at the border between two neighbours must fall to the same one.
 */
function sourceCoordinate(
  to: number,
  from: number,
  size: number,
  scale: number,
  mode: ResizeAttributes["coordinateTransformationMode"],
) {
  const single = Math.fround;
  const halfPixel = () =>
    single(single(single(to + 0.5) / single(scale)) - 0.5);
  switch (mode) {
    case "half_pixel":
      return halfPixel();
    case "pytorch_half_pixel":
      return size > 1 ? halfPixel() : 0;
    case "align_corners":
      return size > 1 ? single(single(to * (from - 1)) / (size - 1)) : 0;
    case "asymmetric":
      return single(to / single(scale));
  }
}

const roundings: Readonly<
  Record<ResizeAttributes["nearestMode"], (coordinate: number) => number>
> = {
  round_prefer_floor: (coordinate) => Math.ceil(coordinate - 0.5),
  round_prefer_ceil: (coordinate) => Math.floor(coordinate + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

function axisMap(
  from: number,
  attributes: ResizeAttributes,
  axis: 0 | 1,
): AxisMap {
  const { mode, nearestMode, coordinateTransformationMode, sizes, scales } =
    attributes;
  const size = sizes[axis];
  const last = from - 1;
  const terms = Array.from({ length: size }, (_, to) => {
    const coordinate = sourceCoordinate(
      to,
      from,
      size,
      scales[axis],
      coordinateTransformationMode,
    );
    if (mode === "nearest") {
      return [
        {
          index: Math.min(
            Math.max(roundings[nearestMode](coordinate), 0),
            last,
          ),
          weight: 1,
        },
      ];
    }
    const inside = Math.min(Math.max(coordinate, 0), last);
    const below = Math.floor(inside);
    const part = inside - below;
    return part === 0
      ? [{ index: below, weight: 1 }]
      : [
          { index: below, weight: 1 - part },
          { index: below + 1, weight: part },
        ];
  });
  return { from, to: size, terms };
}

/** What Resize does to rows and to columns. */
export function resizeMaps(
  shape: Shape,
  attributes: ResizeAttributes,
): [AxisMap, AxisMap] {
  return [axisMap(shape[2], attributes, 0), axisMap(shape[3], attributes, 1)];
}

/** Whether every element is repeated to/from times and nothing else happens. */
function isRepetition({ from, to, terms }: AxisMap): boolean {
  if (to % from !== 0) return false;
  return terms.every(
    (list, position) =>
      list.length === 1 && list[0].index === Math.floor((position * from) / to),
  );
}

export const resize = {
  Resize: {
    infer: inferResize,
    kernel: ([x], attributes, [type]) => {
      const out = zeros(type, x);
      mapPictures(x!, out, ...resizeMaps(x!.shape, attributes));
      return [out];
    },
    vjp: (g, { inputs: [x], attributes }, [cotangent]) => {
      const [n, c, height, width] = x!.shape;
      const maps = resizeMaps(x!.shape, attributes);
      if (!maps.every(isRepetition))
        return [transposeMap(g, cotangent!, ...maps)];
      const [rows, columns] = maps;
      const split = g.add("Reshape", [cotangent!], {
        shape: [n, c, height, rows.to / height, width, columns.to / width],
      });
      return [g.add("ReduceSum", [split], { axes: [3, 5], keepDims: false })];
    },
  },
} satisfies OpRules;
